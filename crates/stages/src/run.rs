//! One job: the stages of a pipeline in their order over one upload that is decoded once.

use photo_core::{
    photo::Dimensions,
    pipeline::{PipelineSpec, StageKind, StageName, VariantName},
};

use crate::{
    failure::{Fault, StageFailure},
    output::{Output, Outputs},
    source::Source,
    thumbnails,
};

/// What the caller is told while a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageUpdate<'a> {
    /// A stage begins.
    Started {
        /// Which stage.
        stage: &'a StageName,
    },
    /// A stage has made a thumbnail.
    ThumbnailMade {
        /// Which stage.
        stage: &'a StageName,
        /// The thumbnail's name.
        variant: &'a VariantName,
        /// Its pixels.
        dimensions: Dimensions,
    },
    /// A stage has ended well. One that ends badly is told by the [`StageFailure`] alone.
    Completed {
        /// Which stage.
        stage: &'a StageName,
    },
}

/// Runs the stages of `spec` in their order over the upload `original` and tells `progress` how far it is.
///
/// The upload is decoded once, by the first stage that needs pixels, within the narrowest limits of the pipeline's
/// validation stages or the default limits where it has none. A stage ends well only with the whole photo read:
/// a file that was cut off fails.
///
/// # Panics
///
/// If `spec` has no stage, which [`PipelineSpec::validate`] refuses.
pub fn run(
    spec: &PipelineSpec,
    original: &[u8],
    progress: &mut dyn FnMut(StageUpdate<'_>),
) -> Result<Outputs, StageFailure> {
    let source = Source::new(spec, original);
    let mut outputs: Option<Outputs> = None;
    for stage in &spec.stages {
        progress(StageUpdate::Started { stage: &stage.name });
        let mut made = Vec::new();
        let dimensions = work(&source, &stage.kind, &mut |output: Output| {
            let dimensions = Dimensions { width: output.width, height: output.height };
            progress(StageUpdate::ThumbnailMade { stage: &stage.name, variant: &output.name, dimensions });
            made.push(output);
        })
        .map_err(|fault| fault.at(&stage.name))?;
        let none = Outputs { dimensions: Some(dimensions), metadata: None, variants: Vec::new() };
        outputs.get_or_insert(none).variants.append(&mut made);
        progress(StageUpdate::Completed { stage: &stage.name });
    }
    Ok(outputs.expect("a validated pipeline has at least one stage"))
}

/// Does what a stage of that kind does; returns the photo's pixels as shown.
fn work(source: &Source<'_>, kind: &StageKind, made: &mut dyn FnMut(Output)) -> Result<Dimensions, Fault> {
    match kind {
        // The source holds the limits of all validation stages, and pixels that decode are complete.
        StageKind::Validation(_) => {
            source.decoded()?;
        }
        StageKind::Thumbnails(spec) => thumbnails::make(source, spec, made)?,
        StageKind::Metadata(_) | StageKind::Optimization(_) => {
            return Err(Fault::NotMade { detail: "this stage is not built yet".to_owned() });
        }
    }
    Ok(source.header()?.shown())
}

#[cfg(test)]
mod tests;
