//! What a photo may cost: the limits that stand before its first pixel is decoded.

use photo_core::{
    photo::Dimensions,
    pipeline::{PipelineSpec, StageKind, StageState, ValidationSpec},
};

use crate::failure::Fault;

/// Longest side of any format: that of libjpeg, which reads and writes JPEGs and makes planes of what the others hold.
pub(crate) const SIDE_PIXELS_MAX: u32 = 65_500;

/// Most scans of a progressive JPEG. Encoders write about 10; each one costs a pass over all coefficients, so that
/// thousands of nearly empty ones turn a small file into minutes of work.
pub(crate) const JPEG_SCANS_MAX: u32 = 100;

/// Longest file of an image that is laid onto pictures: what a ConfigMap holds.
const MARK_BYTES_MAX: u64 = 1024 * 1024;

/// Most pixels of an image that is laid onto pictures; a slot holds them from photo to photo.
pub(crate) const MARK_PIXELS_MAX: u64 = 4_000_000;

/// Bytes that a decoder may allocate for each pixel: 16-bit RGBA.
const BYTES_PER_PIXEL_MAX: u64 = 8;

/// Bytes that a decoder may allocate besides pixels: colour profiles, texts, tables.
const BYTES_BESIDE_PIXELS_MAX: u64 = 32 * 1024 * 1024;

/// The limits of one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    bytes_max: u64,
    pixels_max: u64,
}

impl From<&ValidationSpec> for Limits {
    fn from(spec: &ValidationSpec) -> Self {
        Self { bytes_max: spec.max_bytes, pixels_max: spec.max_pixels }
    }
}

impl Limits {
    /// The narrowest limits of a pipeline's enabled validation stages, wherever they stand; the defaults where it has
    /// none.
    pub(crate) fn of(spec: &PipelineSpec) -> Self {
        let enabled = spec.stages.iter().filter(|stage| stage.state == StageState::Enabled);
        let validations = enabled.filter_map(|stage| match &stage.kind {
            StageKind::Validation(validation) => Some(Self::from(validation)),
            StageKind::Thumbnails(_)
            | StageKind::Metadata(_)
            | StageKind::Optimization(_)
            | StageKind::Watermark(_) => None,
        });
        validations
            .reduce(|a, b| Self { bytes_max: a.bytes_max.min(b.bytes_max), pixels_max: a.pixels_max.min(b.pixels_max) })
            .unwrap_or_else(|| Self::from(&ValidationSpec::default()))
    }

    /// Those of an image that is laid onto pictures.
    pub(crate) fn of_marks() -> Self {
        Self { bytes_max: MARK_BYTES_MAX, pixels_max: MARK_PIXELS_MAX }
    }

    /// Refuses a file that is too long.
    pub(crate) fn check_bytes(self, original: &[u8]) -> Result<(), Fault> {
        let actual = original.len() as u64;
        if actual > self.bytes_max { Err(Fault::TooManyBytes { actual, max: self.bytes_max }) } else { Ok(()) }
    }

    /// Refuses a picture that is empty or too large.
    pub(crate) fn check_dimensions(self, dimensions: Dimensions) -> Result<(), Fault> {
        let Dimensions { width, height } = dimensions;
        if width == 0 || height == 0 {
            return Err(Fault::NoPixels);
        }
        if pixels(dimensions) > self.pixels_max {
            return Err(Fault::TooManyPixels { dimensions, max: self.pixels_max });
        }
        if width.max(height) > SIDE_PIXELS_MAX {
            return Err(Fault::SideTooLong { max: SIDE_PIXELS_MAX });
        }
        Ok(())
    }
}

/// What the decoders of the `image` crate get to read a header.
pub(crate) fn for_header() -> image::Limits {
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(BYTES_BESIDE_PIXELS_MAX);
    limits
}

/// What the decoders of the `image` crate get to read a picture of that size.
pub(crate) fn for_pixels(dimensions: Dimensions) -> image::Limits {
    let mut limits = for_header();
    limits.max_image_width = Some(dimensions.width);
    limits.max_image_height = Some(dimensions.height);
    limits.max_alloc = Some(pixels(dimensions) * BYTES_PER_PIXEL_MAX + BYTES_BESIDE_PIXELS_MAX);
    limits
}

fn pixels(dimensions: Dimensions) -> u64 {
    u64::from(dimensions.width) * u64::from(dimensions.height)
}

#[cfg(test)]
mod tests {
    use photo_core::pipeline::{StageSpec, ThumbnailsSpec};

    use super::*;

    fn pipeline(kinds: Vec<StageKind>) -> PipelineSpec {
        let stages = kinds.into_iter().enumerate().map(|(index, kind)| {
            let name = format!("stage-{index}").parse().unwrap();
            StageSpec::new(name, kind)
        });
        PipelineSpec::of(stages.collect())
    }

    #[test]
    fn the_narrowest_validation_stage_protects_every_stage() {
        let wide = StageKind::Validation(ValidationSpec { max_bytes: 900, max_pixels: 50 });
        let long = StageKind::Validation(ValidationSpec { max_bytes: 700, max_pixels: 80 });
        let spec = pipeline(vec![StageKind::Thumbnails(ThumbnailsSpec::default()), wide, long]);
        assert_eq!(Limits::of(&spec), Limits { bytes_max: 700, pixels_max: 50 });
    }

    #[test]
    fn a_pipeline_without_validation_keeps_the_default_limits() {
        let spec = pipeline(vec![StageKind::Thumbnails(ThumbnailsSpec::default())]);
        assert_eq!(Limits::of(&spec), Limits { bytes_max: 50 * 1024 * 1024, pixels_max: 100_000_000 });
    }

    #[test]
    fn a_disabled_validation_stage_limits_nothing() {
        let mut spec = pipeline(vec![StageKind::Validation(ValidationSpec { max_bytes: 1, max_pixels: 1 })]);
        spec.stages[0].state = StageState::Disabled;
        assert_eq!(Limits::of(&spec), Limits::from(&ValidationSpec::default()));
    }

    #[test]
    fn the_limit_itself_is_within_it() {
        let limits = Limits { bytes_max: 3, pixels_max: 70_000 };
        assert_eq!(limits.check_bytes(&[0; 3]), Ok(()));
        assert_eq!(limits.check_bytes(&[0; 4]), Err(Fault::TooManyBytes { actual: 4, max: 3 }));
        let at = |width, height| limits.check_dimensions(Dimensions { width, height });
        assert_eq!(at(700, 100), Ok(()));
        assert_eq!(at(0, 10), Err(Fault::NoPixels));
        assert_eq!(at(65_501, 1), Err(Fault::SideTooLong { max: 65_500 }));
        let dimensions = Dimensions { width: 701, height: 100 };
        assert_eq!(limits.check_dimensions(dimensions), Err(Fault::TooManyPixels { dimensions, max: 70_000 }));
    }
}
