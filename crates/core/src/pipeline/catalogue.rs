//! What the catalogue of pipelines holds: which take photos, how their jobs are queued, and whether jobs are given out.

use serde::{Deserialize, Serialize};

use super::{InvalidPipeline, QueueSpec};

/// What the catalogue is told of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct CatalogueEntry {
    /// How its jobs are queued.
    pub queue: QueueSpec,
    /// Whether its jobs are given out.
    pub state: PipelineState,
}

/// Whether a pipeline's jobs are given out. Photos are taken in both states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum PipelineState {
    /// Workers get jobs.
    #[default]
    Running,
    /// Jobs wait; those that workers have already go on.
    Paused,
}

/// How the catalogue knows a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PipelineStanding {
    /// It takes photos, and workers get its jobs.
    Running,
    /// It takes photos, and its jobs wait.
    Paused,
    /// It takes no photos any more. What it has open goes on if a worker comes.
    Removed,
}

impl CatalogueEntry {
    /// Checks what the types can't: bounds.
    pub fn validate(&self) -> Result<(), InvalidPipeline> {
        self.queue.validate()
    }
}

impl From<QueueSpec> for CatalogueEntry {
    fn from(queue: QueueSpec) -> Self {
        Self { queue, state: PipelineState::Running }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_defaults_and_refuses_what_it_does_not_know() {
        let entry: CatalogueEntry = serde_json::from_str("{}").unwrap();
        assert_eq!(entry, CatalogueEntry::default());
        let paused: CatalogueEntry = serde_json::from_str(r#"{"queue":{"priority":3},"state":"Paused"}"#).unwrap();
        assert_eq!((paused.queue.priority.get(), paused.state), (3, PipelineState::Paused));
        for wrong in
            [r#"{"state":"paused"}"#, r#"{"state":"Stopped"}"#, r#"{"priority":3}"#, r#"{"operation":"Paused"}"#]
        {
            assert!(serde_json::from_str::<CatalogueEntry>(wrong).is_err(), "{wrong}");
        }
    }
}
