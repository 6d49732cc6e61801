//! What those who run the platform are told about photos and objects that do not agree.

use axum::{Json, extract::State};
use photo_core::consistency::ConsistencyReport;

use super::{Api, identity::Admin};
use crate::problem::{Code, Problem};

/// `GET /admin/consistency`.
pub(crate) async fn show(_: Admin, State(api): State<Api>) -> Result<Json<ConsistencyReport>, Problem> {
    let report = api.store.consistency().await.map_err(|error| Problem::from_port(&error, "consistency report"))?;
    let unknown =
        || Problem::new(Code::NotFound, "Nobody has compared photos and objects yet. Ask again after the sweep.");
    report.map(Json).ok_or_else(unknown)
}
