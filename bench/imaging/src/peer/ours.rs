//! Ours: the stages in a slot of this program, by the same entry that a worker calls, its isolation included.

use anyhow::Context;
use photo_core::pipeline::{
    MetadataSpec, OptimizationSpec, PipelineSpec, StageKind, StageSpec, ThumbnailSize, ThumbnailsSpec, ValidationSpec,
};
use photo_stages::StageUpdate;
use photo_worker::slot::{SlotCommand, SlotMemory, Slots};
use tokio::runtime::Runtime;

use super::{Made, MadeOutput};
use crate::{
    job::{Greeting, Job, THUMBNAIL_SIDES},
    version,
};

/// A worker's slots without the worker: no queue and no store.
pub(super) struct Ours {
    runtime: Runtime,
    slots: Slots,
    full: PipelineSpec,
    thumbs: PipelineSpec,
}

impl Ours {
    /// Starts a slot, which shows that they do.
    pub(super) fn start(optimization: OptimizationSpec) -> anyhow::Result<Self> {
        let runtime = Runtime::new()?;
        let memory = SlotMemory::of(Some(SlotMemory::DEFAULT_MIB), 1)?;
        let slots = runtime.block_on(Slots::start(SlotCommand::of_this_program(), memory, Vec::new()))?;
        Ok(Self { runtime, slots, full: pipeline(Some(optimization))?, thumbs: pipeline(None)? })
    }

    pub(super) fn greeting(&self) -> Greeting {
        let stages: Vec<&str> = self.full.stages.iter().map(|stage| stage.name.as_str()).collect();
        let memory = SlotMemory::DEFAULT_MIB;
        Greeting {
            versions: version::of(&["photo-worker", "turbojpeg", "fast_image_resize"]),
            settings: format!("{}, in one slot of {memory} MiB at most", stages.join(" ")),
        }
    }

    pub(super) fn run(&mut self, job: Job, photo: &[u8]) -> anyhow::Result<Made> {
        let mut made = Made::default();
        let spec = match job {
            Job::Full => &self.full,
            Job::Thumbs => &self.thumbs,
        };
        let mut tell = |update| keep(update, &mut made);
        self.runtime.block_on(self.slots.run(spec, photo, &mut tell))?;
        Ok(made)
    }
}

/// What a platform's full pipeline does, with the thumbnails largest first as the peers make them.
fn pipeline(optimization: Option<OptimizationSpec>) -> anyhow::Result<PipelineSpec> {
    let size = |side: u16| {
        let name = side.to_string().parse().context("a side is a name")?;
        Ok(ThumbnailSize { name, width: side, height: side, fit: photo_core::pipeline::Fit::Inside })
    };
    let sizes = THUMBNAIL_SIDES.into_iter().map(size).collect::<anyhow::Result<_>>()?;
    let mut stages = vec![
        StageSpec::new("validation".parse()?, StageKind::Validation(ValidationSpec::default())),
        StageSpec::new("metadata".parse()?, StageKind::Metadata(MetadataSpec::default())),
        StageSpec::new(
            "thumbnails".parse()?,
            StageKind::Thumbnails(ThumbnailsSpec { sizes, quality_percent: 80, ..ThumbnailsSpec::default() }),
        ),
    ];
    if let Some(optimization) = optimization {
        stages.push(StageSpec::new("optimization".parse()?, StageKind::Optimization(optimization)));
    }
    let spec = PipelineSpec::of(stages);
    spec.validate()?;
    Ok(spec)
}

fn keep(update: StageUpdate, made: &mut Made) {
    match update {
        StageUpdate::Made { output, .. } => made.outputs.push(MadeOutput {
            name: output.name.to_string(),
            width: output.width,
            height: output.height,
            bytes: output.bytes,
        }),
        StageUpdate::Described { metadata, .. } => made.has_exif = !metadata.exif.is_empty(),
        StageUpdate::Started { .. }
        | StageUpdate::Measured { .. }
        | StageUpdate::Completed { .. }
        | StageUpdate::Failed { .. }
        | StageUpdate::Skipped { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_jobs_are_pipelines_that_a_worker_takes() {
        let stages = |optimization| pipeline(optimization).unwrap().stages.len();
        assert_eq!((stages(Some(OptimizationSpec::default())), stages(None)), (4, 3));
    }
}
