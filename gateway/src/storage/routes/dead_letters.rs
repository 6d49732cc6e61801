//! The photos that were given up, of all owners. Whom the api role shows them to is its own decision.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use photo_core::{
    dead_letter::{DeadLetter, DeadLetterPage, DeadLetterQuery, DeadLetterRef, Discard, RetriedPage},
    id::PhotoId,
    port::MetadataStore,
};

use super::{
    Answer, Store,
    extract::{Json, Path, Query},
};

/// The routes, without the store.
pub(super) fn routes() -> Router<Arc<dyn MetadataStore>> {
    Router::new()
        .route("/internal/dead-letters", get(list))
        .route("/internal/dead-letters/{id}", get(show))
        .route("/internal/dead-letters/retry", post(retry))
        .route("/internal/dead-letters/retry-page", post(retry_page))
        .route("/internal/dead-letters/discard", post(discard))
}

async fn list(State(store): Store, Query(query): Query<DeadLetterQuery>) -> Answer<DeadLetterPage> {
    Ok(Json(store.dead_letters(&query).await?))
}

async fn show(State(store): Store, Path(id): Path<PhotoId>) -> Answer<DeadLetter> {
    Ok(Json(store.dead_letter(id).await?))
}

async fn retry(State(store): Store, Json(letter): Json<DeadLetterRef>) -> Answer<()> {
    Ok(Json(store.retry_dead_letter(&letter).await?))
}

async fn retry_page(State(store): Store, Json(query): Json<DeadLetterQuery>) -> Answer<RetriedPage> {
    Ok(Json(store.retry_dead_letters(&query).await?))
}

async fn discard(State(store): Store, Json((letter, discard)): Json<(DeadLetterRef, Discard)>) -> Answer<()> {
    Ok(Json(store.discard_dead_letter(&letter, discard).await?))
}
