//! What a pipeline does to a photo: the fields of a ProcessingPipeline that are read so far.
//!
//! The same type is what the operator writes into a worker's ConfigMap and what the worker reads.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

mod catalogue;
mod config_map_key;
mod invalid;
mod name;
mod output_format;
mod queue;
mod settings;
mod stage;
mod watermark;

pub use catalogue::{CatalogueEntry, PipelineStanding, PipelineState};
pub use config_map_key::{ConfigMapKeyRef, InvalidConfigMapKey};
pub use invalid::InvalidPipeline;
pub use name::{InvalidName, PipelineName, PlatformName, StageName, VariantName};
pub use output_format::{OptimizedFormat, OutputFormat};
pub use queue::{BackoffSpec, BackoffType, JobOptions, QueueSpec};
pub use settings::{
    Effort, Fit, GpsPolicy, MetadataSpec, OptimizationSpec, ThumbnailSize, ThumbnailsSpec, ValidationSpec,
};
pub use stage::{InvalidSettings, OnFailure, StageKind, StageSpec, StageState};
pub use watermark::{InvalidContent, WatermarkContent, WatermarkPosition, WatermarkSpec};

use invalid::within;

/// The `spec` of a ProcessingPipeline, as far as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PipelineSpec {
    /// The platform whose photos it processes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub platform_ref: Option<PlatformRef>,
    /// How its jobs are queued.
    #[serde(default)]
    pub queue: QueueSpec,
    /// What photos go through, in this order.
    pub stages: Vec<StageSpec>,
    /// How its workers run.
    #[serde(default)]
    pub worker: WorkerSpec,
}

/// Names a PhotoPlatform of the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlatformRef {
    /// Its name.
    pub name: PlatformName,
}

/// How the workers of a pipeline run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkerSpec {
    /// Photos at the same time in one worker, 1 to 64.
    pub concurrency: u16,
    /// How long a stopping worker may finish what it has, before it hands the rest back; 1 to 3600.
    pub drain_timeout_seconds: u16,
}

impl Default for WorkerSpec {
    fn default() -> Self {
        Self { concurrency: 2, drain_timeout_seconds: 120 }
    }
}

impl PipelineSpec {
    /// A pipeline of these stages, with every other field as where it is not written.
    pub fn of(stages: Vec<StageSpec>) -> Self {
        Self { platform_ref: None, queue: QueueSpec::default(), stages, worker: WorkerSpec::default() }
    }

    /// The files that its enabled stages lay onto pictures: what runs it must have them.
    pub fn mark_images(&self) -> BTreeSet<&ConfigMapKeyRef> {
        let enabled = self.stages.iter().filter(|stage| stage.state == StageState::Enabled);
        let images = enabled.filter_map(|stage| match &stage.kind {
            StageKind::Watermark(WatermarkSpec { content: WatermarkContent::Image(image), .. }) => Some(image),
            StageKind::Watermark(WatermarkSpec { content: WatermarkContent::Text(_), .. })
            | StageKind::Validation(_)
            | StageKind::Thumbnails(_)
            | StageKind::Metadata(_)
            | StageKind::Optimization(_) => None,
        });
        images.collect()
    }

    /// Checks what the types can't: counts, bounds, unique names, and dependencies that come first.
    pub fn validate(&self) -> Result<(), InvalidPipeline> {
        if !(1..=16).contains(&self.stages.len()) {
            return Err(InvalidPipeline::StageCount(self.stages.len()));
        }
        self.queue.validate()?;
        within("worker.concurrency", self.worker.concurrency.into(), 1, 64)?;
        within("worker.drainTimeoutSeconds", self.worker.drain_timeout_seconds.into(), 1, 3600)?;
        let mut before = BTreeSet::new();
        let mut variants = BTreeSet::new();
        for stage in &self.stages {
            check_dependencies(stage, &before)?;
            if !before.insert(&stage.name) {
                return Err(InvalidPipeline::DuplicateStage(stage.name.clone()));
            }
            check_settings(&stage.kind)?;
            for variant in outputs(&stage.kind) {
                if !variants.insert(variant.clone()) {
                    return Err(InvalidPipeline::DuplicateVariant(variant));
                }
            }
            within("stages.timeoutSeconds", stage.timeout_seconds.into(), 1, 3600)?;
        }
        check_watermarks(&self.stages)
    }
}

/// A mark is seen on the pictures of later stages only. Whether these are enabled does not matter: that is switched from day
/// to day, and must not make a pipeline wrong.
fn check_watermarks(stages: &[StageSpec]) -> Result<(), InvalidPipeline> {
    let unseen = stages.iter().rev().take_while(|stage| outputs(&stage.kind).is_empty());
    let mut marks = unseen.filter(|stage| matches!(stage.kind, StageKind::Watermark(_)));
    match marks.find(|stage| stage.state == StageState::Enabled) {
        None => Ok(()),
        Some(mark) => Err(InvalidPipeline::UnseenWatermark(mark.name.clone())),
    }
}

/// Dependencies name earlier stages only, so the order of the list is one in which the stages can run.
fn check_dependencies(stage: &StageSpec, before: &BTreeSet<&StageName>) -> Result<(), InvalidPipeline> {
    within("stages.dependsOn (count)", stage.depends_on.len() as u64, 0, 8)?;
    let mut named = BTreeSet::new();
    for on in &stage.depends_on {
        let (stage, on) = (stage.name.clone(), on.clone());
        if !before.contains(&on) {
            return Err(InvalidPipeline::UnknownDependency { stage, on });
        }
        if !named.insert(on.clone()) {
            return Err(InvalidPipeline::DuplicateDependency { stage, on });
        }
    }
    Ok(())
}

fn check_settings(kind: &StageKind) -> Result<(), InvalidPipeline> {
    match kind {
        StageKind::Validation(validation) => validation.validate(),
        StageKind::Thumbnails(thumbnails) => thumbnails.validate(),
        StageKind::Metadata(MetadataSpec { gps: GpsPolicy::Keep | GpsPolicy::Strip }) => Ok(()),
        StageKind::Optimization(optimization) => optimization.validate(),
        StageKind::Watermark(watermark) => watermark.validate(),
    }
}

/// The names of what a stage makes.
fn outputs(kind: &StageKind) -> Vec<VariantName> {
    match kind {
        StageKind::Validation(_) | StageKind::Metadata(_) | StageKind::Watermark(_) => Vec::new(),
        StageKind::Thumbnails(thumbnails) => thumbnails.sizes.iter().map(|size| size.name.clone()).collect(),
        StageKind::Optimization(_) => vec![VariantName::optimized()],
    }
}

#[cfg(test)]
mod tests;
