//! What can be wrong with a pipeline that parses.

use super::name::{StageName, VariantName};

/// What is wrong with a [`PipelineSpec`](super::PipelineSpec) that parses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPipeline {
    /// The list of stages is empty or too long.
    #[error("stages: a pipeline has 1 to 16 stages, this one has {0}")]
    StageCount(usize),
    /// Two stages share a name.
    #[error("stages: two stages are named `{0}`; rename one")]
    DuplicateStage(StageName),
    /// A stage depends on one that is not before it.
    #[error("stages: `{stage}` depends on `{on}`, which is not among the stages before it; list `{on}` earlier")]
    UnknownDependency {
        /// The stage.
        stage: StageName,
        /// What it depends on.
        on: StageName,
    },
    /// A stage names a dependency twice.
    #[error("stages: `{stage}` depends on `{on}` twice; name it once")]
    DuplicateDependency {
        /// The stage.
        stage: StageName,
        /// What it depends on.
        on: StageName,
    },
    /// Two outputs share a name.
    #[error("stages: two outputs are named `{0}`; rename one")]
    DuplicateVariant(VariantName),
    /// A mark that no picture would carry.
    #[error("stages: no stage after `{0}` makes a picture; list `{0}` before the stages whose pictures shall carry it")]
    UnseenWatermark(StageName),
    /// A text that can't be a mark.
    #[error("watermark.text: {0}")]
    WatermarkText(&'static str),
    /// A number is out of its bounds.
    #[error("{field}: {value} is out of bounds, use {min} to {max}")]
    OutOfBounds {
        /// The field's path.
        field: &'static str,
        /// What it holds.
        value: u64,
        /// The least it may hold.
        min: u64,
        /// The most it may hold.
        max: u64,
    },
}

pub(super) fn within(field: &'static str, value: u64, min: u64, max: u64) -> Result<(), InvalidPipeline> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(InvalidPipeline::OutOfBounds { field, value, min, max }) }
}
