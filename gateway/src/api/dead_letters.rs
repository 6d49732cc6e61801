//! What those who run the platform do with the photos that were given up, whoever owns them: look, retry, discard. Every
//! handler takes [`Admin`] first.

use axum::{
    Json,
    extract::{FromRequestParts, Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use photo_core::{
    dead_letter::{DeadLetter, DeadLetterPage, DeadLetterQuery, DeadLetterRef, Discard, RetriedPage},
    id::PhotoId,
    pipeline::PipelineName,
    port::{ErrorKind, PortError},
};
use serde::Deserialize;

use super::{
    Api,
    identity::Admin,
    photos::{Path, photo_id},
};
use crate::problem::{Code, Problem};

/// Dead letters per page where the client does not say.
const DEFAULT_LIMIT: u16 = 50;

/// The parameters of the query.
#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(Problem))]
pub(crate) struct Parameters<T>(T);

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(Code::Invalid, rejection.body_text())
    }
}

/// Which dead letters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Selection {
    pipeline: Option<PipelineName>,
    after: Option<PhotoId>,
    limit: Option<u16>,
}

impl Selection {
    fn query(self) -> Result<DeadLetterQuery, Problem> {
        let Self { pipeline, after, limit } = self;
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=DeadLetterQuery::MAX_LIMIT).contains(&limit) {
            return Err(Problem::new(Code::Invalid, format!("limit is 1 to {}.", DeadLetterQuery::MAX_LIMIT)));
        }
        Ok(DeadLetterQuery { pipeline, after, limit })
    }
}

/// What a client may say about one dead letter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// The generation that the client saw: its request can then be repeated without harm.
    generation: Option<u32>,
}

/// What a client may say about one that is to be discarded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    generation: Option<u32>,
    #[serde(default)]
    delete: bool,
}

/// `GET /admin/dead-letters`.
pub(crate) async fn list(
    _: Admin,
    State(api): State<Api>,
    Parameters(selection): Parameters<Selection>,
) -> Result<Json<DeadLetterPage>, Problem> {
    api.store.dead_letters(&selection.query()?).await.map(Json).map_err(|error| refusal(&error))
}

/// `GET /admin/dead-letters/{id}`.
pub(crate) async fn show(
    _: Admin,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Json<DeadLetter>, Problem> {
    Ok(Json(find(&api, &id).await?))
}

/// `POST /admin/dead-letters/retry`.
pub(crate) async fn retry_page(
    Admin(admin): Admin,
    State(api): State<Api>,
    Parameters(selection): Parameters<Selection>,
) -> Result<(StatusCode, Json<RetriedPage>), Problem> {
    let page = api.store.retry_dead_letters(&selection.query()?).await.map_err(|error| refusal(&error))?;
    tracing::info!(%admin, retried = page.retried.len(), skipped = page.skipped.len(), "dead letters are retried");
    Ok((StatusCode::ACCEPTED, Json(page)))
}

/// `POST /admin/dead-letters/{id}/retry`.
pub(crate) async fn retry(
    Admin(admin): Admin,
    State(api): State<Api>,
    Path(id): Path<String>,
    Parameters(Seen { generation }): Parameters<Seen>,
) -> Result<StatusCode, Problem> {
    let letter = named(&api, &id, generation).await?;
    api.store.retry_dead_letter(&letter).await.map_err(|error| refusal(&error))?;
    tracing::info!(%admin, photo_id = %letter.photo_id, "a dead letter is retried");
    Ok(StatusCode::ACCEPTED)
}

/// `DELETE /admin/dead-letters/{id}`.
pub(crate) async fn discard(
    Admin(admin): Admin,
    State(api): State<Api>,
    Path(id): Path<String>,
    Parameters(Wish { generation, delete }): Parameters<Wish>,
) -> Result<StatusCode, Problem> {
    let letter = named(&api, &id, generation).await?;
    let discard = if delete { Discard::DeletePhoto } else { Discard::KeepPhoto };
    api.store.discard_dead_letter(&letter, discard).await.map_err(|error| refusal(&error))?;
    tracing::info!(%admin, photo_id = %letter.photo_id, ?discard, "a dead letter is discarded");
    Ok(StatusCode::NO_CONTENT)
}

/// The dead letter that the client saw, or else the one that is there now.
async fn named(api: &Api, id: &str, generation: Option<u32>) -> Result<DeadLetterRef, Problem> {
    if let Some(generation) = generation {
        return Ok(DeadLetterRef { photo_id: photo_id(id)?, generation });
    }
    let DeadLetter { photo_id, generation, .. } = find(api, id).await?;
    Ok(DeadLetterRef { photo_id, generation })
}

async fn find(api: &Api, id: &str) -> Result<DeadLetter, Problem> {
    api.store.dead_letter(photo_id(id)?).await.map_err(|error| refusal(&error))
}

fn refusal(error: &PortError) -> Problem {
    match error.kind() {
        ErrorKind::NotFound => Problem::new(Code::NotFound, "There is no such dead letter."),
        ErrorKind::Conflict => {
            Problem::new(Code::Conflict, "This photo is no dead letter any more, or has died again. Read it again.")
        }
        ErrorKind::Invalid => {
            Problem::new(Code::UnknownPipeline, "The photo's pipeline is gone. Apply it again, or discard the photo.")
        }
        ErrorKind::Denied | ErrorKind::Unavailable | ErrorKind::Corrupt => Problem::from_port(error, "dead letter"),
    }
}
