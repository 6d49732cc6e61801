//! What a pipeline's own rules can't say, because it takes what this program is made of: its font, its encoders.

use photo_core::pipeline::{OptimizedFormat, OutputFormat, PipelineSpec, StageKind, StageName};

use crate::{
    encode,
    watermark::{self, UnshownText},
};

/// Why this program can't run a pipeline that is valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A text can't be laid onto pictures.
    #[error(transparent)]
    Text(#[from] UnshownText),
    /// A stage makes AVIF.
    #[error(
        "stages: `{0}` makes AVIF, which this program was built without: choose another format, or a program with it"
    )]
    Avif(StageName),
}

/// Checks that this program can do what all stages ask for.
///
/// # Errors
/// The first stage that asks for more: a text whose characters the font lacks, or a format that has no encoder here.
pub fn check(spec: &PipelineSpec) -> Result<(), Unfit> {
    watermark::check_texts(spec)?;
    let wants_avif = spec.stages.iter().find(|stage| makes_avif(&stage.kind));
    match wants_avif {
        Some(stage) if !encode::MAKES_AVIF => Err(Unfit::Avif(stage.name.clone())),
        Some(_) | None => Ok(()),
    }
}

fn makes_avif(stage: &StageKind) -> bool {
    match stage {
        StageKind::Thumbnails(spec) => spec.format == OutputFormat::Avif,
        StageKind::Optimization(spec) => spec.format == OptimizedFormat::Avif,
        StageKind::Validation(_) | StageKind::Metadata(_) | StageKind::Watermark(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use photo_core::pipeline::{OptimizationSpec, ThumbnailsSpec};

    use super::*;
    use crate::samples;

    #[test]
    fn a_format_that_has_no_encoder_here_is_told_with_its_stage() {
        let thumbnails = |format| StageKind::Thumbnails(ThumbnailsSpec { format, ..ThumbnailsSpec::default() });
        let copy = |format| StageKind::Optimization(OptimizationSpec { format, ..OptimizationSpec::default() });
        let others = [thumbnails(OutputFormat::WebP), copy(OptimizedFormat::Original), copy(OptimizedFormat::Png)];
        assert_eq!(check(&samples::stages(others)), Ok(()));
        for stage in [thumbnails(OutputFormat::Avif), copy(OptimizedFormat::Avif)] {
            let spec = samples::stages([stage]);
            let expected = if encode::MAKES_AVIF { Ok(()) } else { Err(Unfit::Avif(spec.stages[0].name.clone())) };
            assert_eq!(check(&spec), expected);
        }
    }
}
