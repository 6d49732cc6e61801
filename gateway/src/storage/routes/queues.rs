//! `GET /internal/queues`: each pipeline's queue and what it has done, for who scales its workers.

use std::{collections::HashMap, sync::Arc};

use axum::{Router, extract::State, routing::get};
use jiff::Timestamp;
use photo_adapters::sqlite::{PipelineTotals, SqliteMetadata};
use photo_core::{
    job::QueueNumbers,
    pipeline::{PipelineName, PipelineStanding, PipelineState},
    port::{JobQueue, PortError},
};
use serde::Serialize;

use super::{Answer, extract::Json};

/// Where the numbers come from.
#[derive(Clone)]
pub(crate) struct Queues {
    pub(crate) store: SqliteMetadata,
    pub(crate) queue: Arc<dyn JobQueue>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct QueueReport {
    /// When the queues were read, by the queue's own clock.
    observed_at: Timestamp,
    /// By name: every pipeline that was ever in the catalogue.
    queues: Vec<QueueRow>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct QueueRow {
    name: PipelineName,
    state: PipelineStanding,
    #[serde(flatten)]
    numbers: QueueNumbers,
    /// Jobs that were handed to the queue, repetitions apart; like all totals since the store was made, and never falling.
    enqueued_total: u64,
    /// Photos that ended well.
    completed_total: u64,
    /// Photos that ended as `failed` or `dead`.
    failed_total: u64,
    /// Seconds between the begin and the end of runs.
    busy_seconds_total: f64,
}

/// The one route.
pub(super) fn routes(queues: Queues) -> Router {
    Router::new().route("/internal/queues", get(show)).with_state(queues)
}

async fn show(State(queues): State<Queues>) -> Answer<QueueReport> {
    Ok(Json(queues.read().await?))
}

impl Queues {
    async fn read(&self) -> Result<QueueReport, PortError> {
        let totals = self.store.totals().await?;
        let states: HashMap<_, _> = self.store.queue_states().await?.into_iter().collect();
        let names: Vec<PipelineName> = totals.iter().map(|totals| totals.pipeline.clone()).collect();
        // After the totals: what is enqueued in between is in both, and never in neither.
        let snapshot = self.queue.snapshot(&names).await?;
        let rows = totals.into_iter().zip(snapshot.queues);
        let queues = rows.map(|(totals, numbers)| QueueRow::new(&states, totals, numbers)).collect();
        Ok(QueueReport { observed_at: snapshot.observed_at, queues })
    }
}

impl QueueRow {
    fn new(states: &HashMap<PipelineName, PipelineState>, totals: PipelineTotals, numbers: QueueNumbers) -> Self {
        let state = match states.get(&totals.pipeline) {
            _ if !totals.in_catalogue => PipelineStanding::Removed,
            Some(PipelineState::Paused) => PipelineStanding::Paused,
            Some(PipelineState::Running) | None => PipelineStanding::Running,
        };
        let PipelineTotals { pipeline, enqueued_total, completed_total, failed_total, busy_seconds_total, .. } = totals;
        Self { name: pipeline, state, numbers, enqueued_total, completed_total, failed_total, busy_seconds_total }
    }
}
