//! What owners do with photos that are there: process them again, cancel, delete, and look at what was tried. What is
//! not the asker's is not found.

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::StatusCode,
};
use photo_core::{
    photo::Photo,
    port::{ErrorKind, PortError, metadata_store::Reprocess},
    priority::Priority,
    processing_log::ProcessingLog,
};
use serde::Deserialize;

use super::{
    Api,
    identity::Owner,
    photo_view::PhotoView,
    photos::{Path, find, photo_id},
    upload::{parse_pipeline, unknown_pipeline},
};
use crate::problem::{Code, Problem};

/// What a client may say about the next generation of a photo.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Wish {
    pipeline: Option<String>,
    priority: Option<Priority>,
    /// The generation that the client saw: its request can then be repeated without harm.
    generation: Option<u32>,
}

/// `POST /photos/{id}/reprocess`.
pub(crate) async fn reprocess(
    State(api): State<Api>,
    owner: Owner,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<PhotoView>), Problem> {
    let Wish { pipeline, priority, generation } = wish(body)?;
    let pipeline = pipeline.as_deref().map(parse_pipeline).transpose()?;
    let photo = find(&api, &owner, &id).await?;
    let Owner(owner) = owner;
    let generation = generation.unwrap_or(photo.generation);
    let request = Reprocess { owner, photo_id: photo.id, generation, pipeline, priority };
    match api.store.reprocess(&request).await {
        Ok(again) => {
            tracing::info!(photo_id = %again.id, generation = again.generation, "to be processed again");
            Ok((StatusCode::ACCEPTED, Json(again.into())))
        }
        Err(error) => Err(refusal(&error, &photo, &request)),
    }
}

/// A body is optional; where there is none, everything stays as it was.
fn wish(body: Result<Bytes, BytesRejection>) -> Result<Wish, Problem> {
    let body = body.map_err(|rejection| Problem::new(Code::Invalid, rejection.body_text()))?;
    if body.is_empty() {
        return Ok(Wish::default());
    }
    // Read as an object first: serde would take a list for one, its values in the order of the fields.
    let object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&body);
    object.and_then(|object| serde_json::from_value(object.into())).map_err(|error| {
        let fields = "pipeline, priority (1 to 10) and generation, all of them optional";
        Problem::new(Code::Invalid, format!("The body is no JSON object of {fields}: {error}."))
    })
}

fn refusal(error: &PortError, photo: &Photo, request: &Reprocess) -> Problem {
    match error.kind() {
        ErrorKind::Conflict if request.generation != photo.generation => {
            let text = format!("This photo is in generation {} by now. Read it again.", photo.generation);
            Problem::new(Code::Conflict, text)
        }
        ErrorKind::Conflict => {
            Problem::new(Code::Conflict, "This photo is still open: cancel it first or wait until it has ended.")
        }
        ErrorKind::Invalid => unknown_pipeline(request.pipeline.as_ref().unwrap_or(&photo.pipeline)),
        ErrorKind::NotFound | ErrorKind::Denied | ErrorKind::Unavailable | ErrorKind::Corrupt => {
            Problem::from_port(error, "photo")
        }
    }
}

/// `POST /photos/{id}/cancel`.
pub(crate) async fn cancel(
    State(api): State<Api>,
    Owner(owner): Owner,
    Path(id): Path<String>,
) -> Result<Json<PhotoView>, Problem> {
    let id = photo_id(&id)?;
    let cancelled = api.store.cancel(&owner, id).await.map_err(|error| match error.kind() {
        ErrorKind::Conflict => {
            Problem::new(Code::Conflict, "This photo has ended already; there is nothing to cancel.")
        }
        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Denied | ErrorKind::Unavailable | ErrorKind::Corrupt => {
            Problem::from_port(&error, "photo")
        }
    })?;
    tracing::info!(photo_id = %id, "cancelled");
    Ok(Json(cancelled.into()))
}

/// `DELETE /photos/{id}`.
pub(crate) async fn delete(
    State(api): State<Api>,
    owner: Owner,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    // The store takes a repeat while the photo is on its way out; for its owner it is gone by then.
    let Photo { id, .. } = find(&api, &owner, &id).await?;
    api.store.delete(&owner.0, id).await.map_err(|error| Problem::from_port(&error, "photo"))?;
    tracing::info!(photo_id = %id, "taken away");
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /photos/{id}/log`.
pub(crate) async fn log(
    State(api): State<Api>,
    Owner(owner): Owner,
    Path(id): Path<String>,
) -> Result<Json<ProcessingLog>, Problem> {
    let id = photo_id(&id)?;
    let log = api.store.processing_log(&owner, id).await.map_err(|error| Problem::from_port(&error, "photo"))?;
    Ok(Json(log))
}
