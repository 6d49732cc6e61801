//! Telling of dead letters: whoever was named is called for each photo that was given up, at least once. Nothing else
//! waits for it.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use jiff::SignedDuration;
use photo_adapters::{
    http::Hook,
    sqlite::{DueHook, HOOK_PUT_OFF_MAX, SqliteMetadata},
};
use photo_core::{
    backoff::Backoff,
    clock::Clock,
    dead_letter::DeadLetter,
    port::{ErrorKind, PortError},
};
use prometheus_client::{metrics::counter::Counter, registry::Registry};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

/// Calls per look at those that are due, and how many of them are made at the same time.
const BATCH: usize = 64;
const AT_ONCE: usize = 4;

/// How long to rest when none is due.
const REST: Duration = Duration::from_secs(1);

/// When a call that failed is made again.
const AGAIN: Backoff = Backoff { base: Duration::from_secs(5), max: HOOK_PUT_OFF_MAX };

/// How long it is tried to tell of a death: long enough for a receiver that is mended after a weekend.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);

/// What became of the calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct HookMetrics {
    called: Counter,
    failures: Counter,
    dropped: Counter,
}

impl HookMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("hook_calls", "Dead letters that the hook was told of", metrics.called.clone());
        registry.register("hook_failures", "Calls of the hook that failed", metrics.failures.clone());
        registry.register("hook_dropped", "Dead letters that the hook was never told of", metrics.dropped.clone());
        metrics
    }
}

/// Tells of dead letters.
pub(crate) struct Hooks {
    pub(crate) store: SqliteMetadata,
    pub(crate) hook: Arc<Hook>,
    pub(crate) clock: Clock,
    pub(crate) metrics: HookMetrics,
}

/// The body of a call.
#[derive(Serialize)]
struct Message {
    r#type: &'static str,
    timestamp: jiff::Timestamp,
    data: DeadLetter,
}

impl Hooks {
    /// Tells until `stop`. A call that is cut off by it is made again after the next start.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while let Some(pass) = stop.run_until_cancelled(self.pass()).await {
            let is_empty = pass.unwrap_or_else(|error| {
                tracing::warn!(error = error.chain(), "what the hook is to be told is unknown");
                true
            });
            if is_empty {
                stop.run_until_cancelled(tokio::time::sleep(REST)).await;
            }
        }
    }

    /// Tells what is due; whether nothing was.
    async fn pass(&self) -> Result<bool, PortError> {
        let due = self.store.hooks_due(BATCH, self.clock.now()).await?;
        let is_empty = due.is_empty();
        let settled: Vec<_> = stream::iter(due).map(|hook| self.settle(hook)).buffer_unordered(AT_ONCE).collect().await;
        settled.into_iter().collect::<Result<(), PortError>>().map(|()| is_empty)
    }

    async fn settle(&self, due: DueHook) -> Result<(), PortError> {
        let DueHook { id, photo_id, attempts, created_at, .. } = &due;
        let Err(error) = self.call(&due).await else {
            tracing::info!(%photo_id, hook = id, "the hook was told of a dead letter");
            self.metrics.called.inc();
            return self.store.hook_done(id.clone()).await;
        };
        self.metrics.failures.inc();
        let now = self.clock.now();
        if now.duration_since(*created_at) > GIVEN_UP_AFTER {
            tracing::error!(%photo_id, hook = id, attempts, error = error.chain(), "the hook is never told of a dead letter");
            self.metrics.dropped.inc();
            return self.store.hook_done(id.clone()).await;
        }
        tracing::warn!(%photo_id, hook = id, attempts, error = error.chain(), "the hook is called again later");
        let next_at = now.saturating_add(AGAIN.ceiling(attempts.saturating_add(1))).unwrap_or(now);
        self.store.put_hook_off(id.clone(), next_at, error.chain()).await
    }

    async fn call(&self, due: &DueHook) -> Result<(), PortError> {
        let unreadable = |error| PortError::caused(ErrorKind::Corrupt, "read a hook", error);
        let letter: DeadLetter = serde_json::from_str(&due.payload).map_err(unreadable)?;
        let message = Message { r#type: "photo.dead", timestamp: letter.died_at, data: letter };
        let body = serde_json::to_string(&message).map_err(unreadable)?;
        self.hook.post(&due.id, self.clock.now(), body).await
    }
}

#[cfg(test)]
mod tests;
