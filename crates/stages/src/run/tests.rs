use image::DynamicImage;
use photo_core::{
    failure::FailureCode, image_format::ImageFormat, pipeline::Fit, pipeline::ValidationSpec, run::FailureClass,
};
use proptest::prelude::*;

use super::*;
use crate::samples::{self, ExifEnd, quarters};

fn spec() -> PipelineSpec {
    samples::pipeline(vec![samples::size(32, 32, Fit::Inside), samples::size(64, 64, Fit::Inside)])
}

fn with_limits(max_bytes: u64, max_pixels: u64) -> PipelineSpec {
    let mut spec = spec();
    spec.stages[0].kind = StageKind::Validation(ValidationSpec { max_bytes, max_pixels });
    spec
}

/// The job's end and what was told on the way.
fn job(spec: &PipelineSpec, original: &[u8]) -> (Result<Outputs, StageFailure>, Vec<String>) {
    let mut told = Vec::new();
    let end = run(spec, original, &mut |update| {
        told.push(match update {
            StageUpdate::Started { stage } => format!("{stage} started"),
            StageUpdate::ThumbnailMade { stage, variant, dimensions } => {
                format!("{stage} made {variant}: {}x{}", dimensions.width, dimensions.height)
            }
            StageUpdate::Completed { stage } => format!("{stage} completed"),
        });
    });
    (end, told)
}

#[test]
fn a_job_tells_each_stage_and_thumbnail_in_order() {
    let (end, told) = job(&spec(), &samples::jpeg(&quarters(400, 200)));
    assert_eq!(
        told,
        [
            "check started",
            "check completed",
            "thumbnails started",
            "thumbnails made 64x64-inside: 64x32",
            "thumbnails made 32x32-inside: 32x16",
            "thumbnails completed",
        ]
    );
    let outputs = end.unwrap();
    assert_eq!(outputs.dimensions, Some(Dimensions { width: 400, height: 200 }));
    let sizes: Vec<_> = outputs.variants.iter().map(|it| (it.name.as_str(), it.width, it.height)).collect();
    assert_eq!(sizes, [("64x64-inside", 64, 32), ("32x32-inside", 32, 16)]);
    assert!(outputs.variants.iter().all(|it| ImageFormat::sniff(&it.bytes) == Some(ImageFormat::Jpeg)));
    assert!(outputs.variants.iter().all(|it| it.format == ImageFormat::Jpeg));
}

#[test]
fn dimensions_are_those_of_the_photo_as_shown() {
    let original = samples::jpeg_with_exif(&samples::jpeg(&quarters(40, 20)), &samples::exif(6, ExifEnd::Proper));
    assert_eq!(job(&spec(), &original).0.unwrap().dimensions, Some(Dimensions { width: 20, height: 40 }));
}

#[test]
fn each_refusal_names_its_stage_its_code_and_a_sentence() {
    let whole = samples::jpeg(&samples::noise(64, 64));
    let cut = &whole[..whole.len() / 2];
    let cases = [
        ("text", spec(), b"I am a photo".to_vec(), FailureCode::UnsupportedFormat, "not a JPEG, PNG, GIF, WebP"),
        ("cut", spec(), cut.to_vec(), FailureCode::Damaged, "cut off during a copy"),
        ("long", with_limits(999, 9999), vec![0; 1000], FailureCode::TooManyBytes, "1000 bytes large; at most 999"),
        ("large", with_limits(99_999, 4095), whole, FailureCode::TooManyPixels, "4096 pixels (64 × 64); at most 4095"),
        ("bomb", spec(), samples::png_claiming(30_000, 30_000), FailureCode::TooManyPixels, "900 million pixels"),
        ("strip", spec(), samples::png_claiming(70_000, 2), FailureCode::TooManyPixels, "longer than 65535 pixels"),
        (
            "jpeg bomb",
            spec(),
            samples::jpeg_claiming(&samples::jpeg(&quarters(8, 8)), 64_250, 64_250),
            FailureCode::TooManyPixels,
            "(64250 × 64250)",
        ),
        (
            "jpeg without height",
            spec(),
            samples::jpeg_claiming(&samples::jpeg(&quarters(8, 8)), 8, 0),
            FailureCode::Damaged,
            "empty",
        ),
    ];
    for (name, spec, original, code, words) in cases {
        let (end, told) = job(&spec, &original);
        let failure = end.unwrap_err();
        assert_eq!(failure.stage.as_str(), "check", "{name}");
        assert_eq!(failure.failure.code, code, "{name}: {failure}");
        assert_eq!(failure.class, FailureClass::Data, "{name}");
        assert!(failure.failure.message.contains(words), "{name}: {}", failure.failure.message);
        assert_eq!(told, ["check started"], "{name}: a stage that failed is not told as completed");
    }
}

#[test]
fn without_a_validation_stage_the_default_limits_protect_the_decoder() {
    let mut spec = spec();
    spec.stages.remove(0);
    let failure = job(&spec, &samples::png_claiming(30_000, 30_000)).0.unwrap_err();
    assert_eq!(failure.stage.as_str(), "thumbnails");
    assert_eq!(failure.failure.code, FailureCode::TooManyPixels);
    let whole = samples::png(&DynamicImage::ImageRgb8(quarters(40, 20)));
    assert_eq!(job(&spec, &whole).0.unwrap().variants.len(), 2);
}

#[test]
fn validation_alone_reads_the_whole_photo() {
    let mut spec = spec();
    spec.stages.pop();
    let whole = samples::jpeg(&samples::noise(64, 64));
    let outputs = job(&spec, &whole).0.unwrap();
    assert_eq!((outputs.dimensions, outputs.variants), (Some(Dimensions { width: 64, height: 64 }), Vec::new()));
    let failure = job(&spec, &whole[..whole.len() * 9 / 10]).0.unwrap_err();
    assert_eq!(failure.failure.code, FailureCode::Damaged);
}

fn originals() -> Vec<Vec<u8>> {
    let picture = samples::noise(40, 30);
    let rgba = DynamicImage::ImageRgb8(picture.clone()).into_rgba8();
    vec![
        samples::jpeg_with_exif(&samples::jpeg(&picture), &samples::exif(6, ExifEnd::Proper)),
        samples::progressive_jpeg(&picture),
        samples::cmyk_jpeg(40, 30, [10, 200, 30, 90]),
        samples::png(&DynamicImage::ImageRgba8(rgba.clone())),
        samples::gif(&[picture.clone(), picture.clone()]),
        samples::webp_with_exif(&rgba, &samples::exif(3, ExifEnd::Wild)),
        samples::animated_webp(&[rgba.clone(), rgba]),
        samples::bmp(&picture),
    ]
}

/// Whatever the bytes, a job ends in outputs or in a refusal that is the photo's own.
fn ends_well_or_is_refused(original: &[u8]) -> Result<(), TestCaseError> {
    match job(&with_limits(1 << 20, 1 << 20), original).0 {
        Ok(outputs) => prop_assert_eq!(outputs.variants.len(), 2),
        Err(failure) => {
            prop_assert_eq!(failure.class, FailureClass::Data, "{}", failure);
            prop_assert_ne!(failure.failure.code, FailureCode::ProcessingFailed, "{}", failure);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_bytes_behind_any_magic_are_refused_or_processed(
        which in 0..8_usize,
        kept in 0..40_usize,
        rest in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let original = originals().swap_remove(which);
        ends_well_or_is_refused(&[&original[..kept.min(original.len())], &rest].concat())?;
    }

    #[test]
    fn photos_with_changed_bytes_are_refused_or_processed(
        which in 0..8_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut original = originals().swap_remove(which);
        for (place, byte) in changes {
            let place = place.index(original.len());
            original[place] = byte;
        }
        let end = cut.map_or(original.len(), |cut| cut.index(original.len()));
        ends_well_or_is_refused(&original[..end])?;
    }
}
