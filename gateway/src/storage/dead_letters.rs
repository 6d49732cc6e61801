//! How many photos were given up, looked at from time to time: somebody has to look after each of them.

use std::time::Duration;

use photo_adapters::sqlite::SqliteMetadata;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use tokio_util::sync::CancellationToken;

/// How old the number may be.
const PERIOD: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    pipeline: String,
}

/// Counts dead letters.
#[derive(Clone)]
pub(crate) struct DeadLetterCount {
    store: SqliteMetadata,
    dead: Family<Labels, Gauge>,
}

impl DeadLetterCount {
    /// Of that store, as a metric of `registry`.
    pub(crate) fn register(store: SqliteMetadata, registry: &mut Registry) -> Self {
        let counted = Self { store, dead: Family::default() };
        let help = "Photos that were given up, and that nobody has retried, discarded or deleted";
        registry.register("dead_letters", help, counted.dead.clone());
        counted
    }

    /// Counts until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.count().await;
            stop.run_until_cancelled(tokio::time::sleep(PERIOD)).await;
        }
    }

    /// Also of the pipelines that have none, so that their number falls.
    async fn count(&self) {
        match self.store.dead_letters_of_pipelines().await {
            Ok(counts) => {
                for (pipeline, dead) in counts {
                    let gauge = self.dead.get_or_create(&Labels { pipeline: pipeline.to_string() });
                    gauge.set(i64::try_from(dead).unwrap_or(i64::MAX));
                }
            }
            Err(error) => tracing::warn!(error = error.chain(), "the number of dead letters is unknown"),
        }
    }
}
