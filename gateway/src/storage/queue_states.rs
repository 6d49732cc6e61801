//! Whether the queues give out jobs is the catalogue's to say, so each queue is brought into the state that it has there:
//! after every change, at the start of this process, and whenever the queue has lost its data.

use std::collections::HashMap;

use photo_adapters::sqlite::SqliteMetadata;
use photo_core::{
    pipeline::{PipelineName, PipelineState},
    port::{JobQueue, PortError},
};

/// The states that the queues were brought into, in the queue's present life.
#[derive(Debug, Default)]
pub(super) struct QueueStates {
    applied: HashMap<PipelineName, PipelineState>,
}

impl QueueStates {
    /// Pauses and resumes what is not as the catalogue has it. What fails is done again by the next call.
    pub(super) async fn apply(&mut self, store: &SqliteMetadata, queue: &dyn JobQueue) -> Result<(), PortError> {
        for (pipeline, state) in store.queue_states().await? {
            if self.applied.get(&pipeline) == Some(&state) {
                continue;
            }
            match state {
                PipelineState::Paused => queue.pause(&pipeline).await?,
                PipelineState::Running => queue.resume(&pipeline).await?,
            }
            tracing::info!(%pipeline, ?state, "the queue is in its state");
            self.applied.insert(pipeline, state);
        }
        Ok(())
    }
}
