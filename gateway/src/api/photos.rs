//! Questions about photos. Every one is asked in the name of the owner; what is not the owner's is not found.

use axum::{
    Json,
    extract::{
        FromRequestParts, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::HeaderMap,
    response::Response,
};
use photo_core::{
    id::PhotoId,
    photo::{Photo, PhotoStatus},
    pipeline::PipelineStanding,
    port::metadata_store::{PhotoQuery, PipelineCounts},
};
use serde::{Deserialize, Serialize};

use super::{
    Api,
    blob_response::{Served, respond},
    identity::Owner,
    photo_view::PhotoView,
};
use crate::problem::{Code, Problem};

/// Photos per page where the client does not say.
const DEFAULT_LIMIT: u16 = 50;

/// The parameters of the path. What can't be read as text names nothing.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(crate) struct Path<T>(pub(crate) T);

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found("photo")
    }
}

/// `GET /photos/{id}`.
pub(crate) async fn show(
    State(api): State<Api>,
    owner: Owner,
    Path(id): Path<String>,
) -> Result<Json<PhotoView>, Problem> {
    Ok(Json(find(&api, &owner, &id).await?.into()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    limit: Option<u16>,
    after: Option<PhotoId>,
    status: Option<PhotoStatus>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhotoList {
    photos: Vec<PhotoView>,
    has_more: bool,
}

/// `GET /photos`.
pub(crate) async fn list(
    State(api): State<Api>,
    Owner(owner): Owner,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<PhotoList>, Problem> {
    let Query(query) = query.map_err(|error| Problem::new(Code::Invalid, error.body_text()))?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=PhotoQuery::MAX_LIMIT).contains(&limit) {
        return Err(Problem::new(Code::Invalid, format!("limit is 1 to {}.", PhotoQuery::MAX_LIMIT)));
    }
    let query = PhotoQuery { status: query.status, after: query.after, limit };
    let page = api.store.photos(&owner, &query).await.map_err(|error| Problem::from_port(&error, "photos"))?;
    Ok(Json(PhotoList { photos: page.photos.into_iter().map(Into::into).collect(), has_more: page.has_more }))
}

/// `GET /photos/{id}/original`.
pub(crate) async fn original(
    State(api): State<Api>,
    owner: Owner,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let photo = find(&api, &owner, &id).await?;
    let original = &photo.original;
    let served = Served {
        location: &original.location,
        format: original.format.into(),
        sha256: &original.sha256,
        save_as: format!("{}.{}", photo.id, original.format.extension()),
    };
    respond(&*api.blobs, served, &headers).await
}

/// `GET /photos/{id}/variants/{name}`.
pub(crate) async fn variant(
    State(api): State<Api>,
    owner: Owner,
    Path((id, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let photo = find(&api, &owner, &id).await?;
    let variant = photo.variants.iter().find(|variant| variant.name.as_str() == name);
    let variant = variant.ok_or_else(|| Problem::not_found("variant of this photo"))?;
    let served = Served {
        location: &variant.location,
        format: variant.format,
        sha256: &variant.sha256,
        save_as: format!("{}-{}.{}", photo.id, variant.name, variant.format.extension()),
    };
    respond(&*api.blobs, served, &headers).await
}

#[derive(Debug, Serialize)]
pub(crate) struct PipelineList {
    pipelines: Vec<PipelineCounts>,
}

/// `GET /pipelines`: the numbers of each queue, for everybody who is signed in.
pub(crate) async fn pipelines(State(api): State<Api>, _: Owner) -> Result<Json<PipelineList>, Problem> {
    let mut pipelines = api.store.pipelines().await.map_err(|error| Problem::from_port(&error, "pipelines"))?;
    // Clients choose from this list.
    pipelines.retain(|counts| counts.state != PipelineStanding::Removed);
    Ok(Json(PipelineList { pipelines }))
}

/// A text that is no id names no photo.
pub(crate) fn photo_id(text: &str) -> Result<PhotoId, Problem> {
    text.parse().map_err(|_| Problem::not_found("photo"))
}

/// A photo of the owner.
pub(crate) async fn find(api: &Api, owner: &Owner, id: &str) -> Result<Photo, Problem> {
    api.store.photo(&owner.0, photo_id(id)?).await.map_err(|error| Problem::from_port(&error, "photo"))
}
