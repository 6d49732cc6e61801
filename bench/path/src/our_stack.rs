//! The platform as it is measured: the roles as processes, and a pipeline with one worker for each setting of ours.

use photo_core::pipeline::{
    Effort, MetadataSpec, OptimizationSpec, PipelineSpec, StageKind, StageSpec, ThumbnailsSpec, ValidationSpec,
};
use photo_stack::{Stack, StackOptions, stack::StackPipeline};

use crate::contender::{Contender, Way};

/// Starts it, with a Redis and a MinIO of its own, also where no contender is ours: the other stack has them too.
///
/// # Errors
/// Where a process does not come up; the text ends with its log.
pub(crate) async fn start(contenders: &[Contender]) -> anyhow::Result<Stack> {
    let mut pipelines = Vec::new();
    for contender in contenders {
        if let Way::Ours(effort) = contender.way() {
            pipelines.push(StackPipeline { name: contender.name().parse()?, spec: spec(effort)?, workers: 1 });
        }
    }
    let mut options = StackOptions { own_servers: true, ..StackOptions::default() };
    if !pipelines.is_empty() {
        options.pipelines = pipelines;
    }
    Stack::start(&options).await
}

/// What `config/samples/full-processing.yaml` has, at the quality that every peer has. Two photos at a time are the default.
fn spec(effort: Effort) -> anyhow::Result<PipelineSpec> {
    let optimization = OptimizationSpec { quality_percent: 80, effort, ..OptimizationSpec::default() };
    let stages = [
        ("validation", StageKind::Validation(ValidationSpec::default())),
        ("thumbnails", StageKind::Thumbnails(ThumbnailsSpec::default())),
        ("metadata", StageKind::Metadata(MetadataSpec::default())),
        ("optimization", StageKind::Optimization(optimization)),
    ];
    let stages = stages.into_iter().map(|(name, kind)| Ok(StageSpec::new(name.parse()?, kind)));
    Ok(PipelineSpec::of(stages.collect::<anyhow::Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pipeline_is_one_and_takes_two_photos_at_a_time() {
        let spec = spec(Effort::Fast).unwrap();
        assert_eq!((spec.validate(), spec.worker.concurrency), (Ok(()), 2));
        let thumbnails = ThumbnailsSpec::default();
        assert_eq!((thumbnails.quality_percent, thumbnails.sizes.len()), (80, 3));
    }
}
