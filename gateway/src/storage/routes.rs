//! The storage role's internal endpoints. Who may call which is one table; what is not in it is refused.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    middleware,
    routing::{get, post, put},
};
use photo_adapters::service_token::ServiceTokenVerifier;
use photo_core::{
    consistency::ConsistencyReport,
    id::{PhotoId, RunId, UserId},
    photo::{NewPhoto, Photo},
    pipeline::{CatalogueEntry, PipelineName},
    port::{
        MetadataStore,
        metadata_store::{Accepted, PhotoPage, PhotoQuery, PipelineCounts, Reprocess},
    },
    processing_log::ProcessingLog,
    run::{BeginRun, Begun, FailDecision, FailRun, FinishOutcome, FinishRun},
};

mod access;
mod dead_letters;
mod extract;
mod problem;
mod queues;

use extract::{Json, Path, Query};
use problem::Problem;

pub(super) use queues::Queues;

/// The longest request: a finish with a full stage log and every variant is far below it.
const BODY_BYTES_MAX: usize = 1024 * 1024;

type Store = State<Arc<dyn MetadataStore>>;
type Answer<T> = Result<Json<T>, Problem>;

/// The endpoints over `store` and `queues`, for callers whose tokens `tokens` verifies.
pub(crate) fn routes(store: Arc<dyn MetadataStore>, queues: Queues, tokens: ServiceTokenVerifier) -> Router {
    Router::new()
        .route("/internal/photos", post(accept))
        .route("/internal/photos/reprocess", post(reprocess))
        .route("/internal/photos/{id}/runs/{run}/live", get(run_is_live))
        .route("/internal/users/{owner}/photos", get(photos))
        .route("/internal/users/{owner}/photos/{id}", get(photo).delete(delete))
        .route("/internal/users/{owner}/photos/{id}/cancel", post(cancel))
        .route("/internal/users/{owner}/photos/{id}/log", get(processing_log))
        .route("/internal/runs/begin", post(begin))
        .route("/internal/runs/finish", post(finish))
        .route("/internal/runs/fail", post(fail))
        .merge(dead_letters::routes())
        .route("/internal/consistency", get(consistency))
        .route("/internal/pipelines", get(pipelines))
        .route("/internal/pipelines/{name}", put(put_pipeline).delete(remove_pipeline))
        .route(crate::request_id::ROUTINE, get(ready))
        .with_state(store)
        .merge(queues::routes(queues))
        .fallback(async || Problem::forbidden())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::new(tokens), access::check))
}

async fn accept(State(store): Store, Json(photo): Json<NewPhoto>) -> Answer<Accepted> {
    Ok(Json(store.accept(&photo).await?))
}

async fn photo(State(store): Store, Path((owner, id)): Path<(UserId, PhotoId)>) -> Answer<Photo> {
    Ok(Json(store.photo(&owner, id).await?))
}

async fn photos(State(store): Store, Path(owner): Path<UserId>, Query(query): Query<PhotoQuery>) -> Answer<PhotoPage> {
    Ok(Json(store.photos(&owner, &query).await?))
}

async fn begin(State(store): Store, Json(request): Json<BeginRun>) -> Answer<Begun> {
    Ok(Json(store.begin(&request).await?))
}

async fn run_is_live(State(store): Store, Path((photo, run)): Path<(PhotoId, RunId)>) -> Answer<bool> {
    Ok(Json(store.run_is_live(photo, run).await?))
}

async fn finish(State(store): Store, Json(request): Json<FinishRun>) -> Answer<FinishOutcome> {
    Ok(Json(store.finish(&request).await?))
}

async fn fail(State(store): Store, Json(request): Json<FailRun>) -> Answer<FailDecision> {
    Ok(Json(store.fail(&request).await?))
}

async fn reprocess(State(store): Store, Json(request): Json<Reprocess>) -> Answer<Photo> {
    Ok(Json(store.reprocess(&request).await?))
}

async fn cancel(State(store): Store, Path((owner, id)): Path<(UserId, PhotoId)>) -> Answer<Photo> {
    Ok(Json(store.cancel(&owner, id).await?))
}

async fn delete(State(store): Store, Path((owner, id)): Path<(UserId, PhotoId)>) -> Answer<()> {
    Ok(Json(store.delete(&owner, id).await?))
}

async fn processing_log(State(store): Store, Path((owner, id)): Path<(UserId, PhotoId)>) -> Answer<ProcessingLog> {
    Ok(Json(store.processing_log(&owner, id).await?))
}

async fn consistency(State(store): Store) -> Answer<Option<ConsistencyReport>> {
    Ok(Json(store.consistency().await?))
}

async fn pipelines(State(store): Store) -> Answer<Vec<PipelineCounts>> {
    Ok(Json(store.pipelines().await?))
}

async fn put_pipeline(
    State(store): Store,
    Path(name): Path<PipelineName>,
    Json(entry): Json<CatalogueEntry>,
) -> Answer<()> {
    Ok(Json(store.put_pipeline(&name, &entry).await?))
}

async fn remove_pipeline(State(store): Store, Path(name): Path<PipelineName>) -> Answer<()> {
    Ok(Json(store.remove_pipeline(&name).await?))
}

async fn ready(State(store): Store) -> Answer<()> {
    Ok(Json(store.ready().await?))
}

#[cfg(test)]
mod tests;
