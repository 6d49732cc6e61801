use image::{DynamicImage, imageops};
use photo_core::{
    image_format::ImageFormat,
    photo::{Dimensions, VariantRole},
    pipeline::{
        Fit, GpsPolicy, MetadataSpec, OptimizationSpec, OptimizedFormat, StageName, StageState, ThumbnailsSpec,
        ValidationSpec, WatermarkSpec,
    },
};
use proptest::prelude::*;

use super::*;
use crate::{
    output::Output,
    samples::{
        self, ExifEnd,
        exif::{ByteOrder, LATITUDE_SECONDS, of_a_camera},
        quarters,
    },
};

fn spec() -> PipelineSpec {
    samples::pipeline(vec![samples::size(32, 32, Fit::Inside), samples::size(64, 64, Fit::Inside)])
}

fn with_limits(max_bytes: u64, max_pixels: u64) -> PipelineSpec {
    let mut spec = spec();
    spec.stages[0].kind = StageKind::Validation(ValidationSpec { max_bytes, max_pixels });
    spec
}

/// How a run ended, and everything that was told.
fn job(spec: &PipelineSpec, original: &[u8]) -> (Result<(), StageFailure>, Vec<StageUpdate>) {
    let mut told = Vec::new();
    let end = run(spec, &Marks::default(), &[], original, &mut |update| told.push(update));
    (end, told)
}

fn lines(told: &[StageUpdate]) -> Vec<String> {
    let line = |update: &StageUpdate| match update {
        StageUpdate::Started { stage } => format!("{stage} started"),
        StageUpdate::Measured { dimensions } => format!("measured: {}x{}", dimensions.width, dimensions.height),
        StageUpdate::Made { stage, output } => {
            format!("{stage} made {}: {}x{}", output.name, output.width, output.height)
        }
        StageUpdate::Described { stage, .. } => format!("{stage} described"),
        StageUpdate::Completed { stage } => format!("{stage} completed"),
        StageUpdate::Failed { failure } => format!("{} failed: {}", failure.stage, failure.failure),
        StageUpdate::Skipped { stage, reason } => format!("{stage} skipped: {reason}"),
    };
    told.iter().map(line).collect()
}

fn outputs(told: &[StageUpdate]) -> Vec<&Output> {
    let made =
        told.iter().map(|update| if let StageUpdate::Made { output, .. } = update { Some(output) } else { None });
    made.flatten().collect()
}

#[test]
fn a_run_tells_each_stage_and_output_in_order() {
    let (end, told) = job(&spec(), &samples::jpeg(&quarters(400, 200)));
    assert_eq!(end, Ok(()));
    assert_eq!(
        lines(&told),
        [
            "check started",
            "measured: 400x200",
            "check completed",
            "thumbnails started",
            "thumbnails made 64x64-inside: 64x32",
            "thumbnails made 32x32-inside: 32x16",
            "thumbnails completed",
        ]
    );
    for output in outputs(&told) {
        assert_eq!(output.format, ImageFormat::Jpeg);
        assert_eq!(ImageFormat::sniff(&output.bytes), Some(ImageFormat::Jpeg));
    }
}

#[test]
fn dimensions_are_those_of_the_photo_as_shown() {
    let original = samples::jpeg_with_exif(&samples::jpeg(&quarters(40, 20)), &samples::exif(6, ExifEnd::Proper));
    let told = job(&spec(), &original).1;
    assert!(told.contains(&StageUpdate::Measured { dimensions: Dimensions { width: 20, height: 40 } }));
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
        ("strip", spec(), samples::png_claiming(70_000, 2), FailureCode::TooManyPixels, "longer than 65500 pixels"),
        ("thread", spec(), samples::png_claiming(65_501, 2), FailureCode::TooManyPixels, "longer than 65500 pixels"),
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
        assert_eq!(failure.class, ErrorClass::Data, "{name}");
        assert!(failure.failure.message.contains(words), "{name}: {}", failure.failure.message);
        let told = lines(&told);
        assert_eq!(told.first().unwrap(), "check started", "{name}");
        assert_eq!(*told.last().unwrap(), format!("check failed: {}", failure.failure), "{name}");
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
    assert_eq!(outputs(&job(&spec, &whole).1).len(), 2);
}

#[test]
fn validation_alone_reads_the_whole_photo() {
    let mut spec = spec();
    spec.stages.pop();
    let whole = samples::jpeg(&samples::noise(64, 64));
    assert_eq!(lines(&job(&spec, &whole).1), ["check started", "measured: 64x64", "check completed"]);
    let failure = job(&spec, &whole[..whole.len() * 9 / 10]).0.unwrap_err();
    assert_eq!(failure.failure.code, FailureCode::Damaged);
}

fn validation() -> StageKind {
    StageKind::Validation(ValidationSpec::default())
}

fn metadata_of(gps: GpsPolicy) -> StageKind {
    StageKind::Metadata(MetadataSpec { gps })
}

fn thumbnails_of(side: u16) -> StageKind {
    let sizes = vec![samples::size(side, side, Fit::Inside)];
    StageKind::Thumbnails(ThumbnailsSpec { sizes, ..ThumbnailsSpec::default() })
}

fn watermark() -> StageKind {
    StageKind::Watermark(WatermarkSpec::of("Ana"))
}

fn optimization() -> StageKind {
    StageKind::Optimization(OptimizationSpec::default())
}

/// Runs the stages; returns how often the photo was decoded, and the width of what was decoded last.
fn decoding(spec: &PipelineSpec, ended: &[EndedStage], original: &[u8]) -> (usize, u32) {
    let tell = &mut |_| {};
    let marks = Marks::default();
    let mut work = Work::new(spec, &marks, original, tell);
    work.through(Plan::new(spec, ended)).unwrap();
    (work.source.decodes, work.source.decoded().unwrap().picture.dimensions().width)
}

#[test]
fn the_photo_is_decoded_once_and_at_full_size_only_for_a_stage_that_will_run() {
    let original = samples::jpeg(&quarters(800, 400));
    let all = || samples::stages([validation(), metadata_of(GpsPolicy::Strip), thumbnails_of(32), optimization()]);
    assert_eq!(decoding(&all(), &[], &original), (1, 800));

    let mut disabled = all();
    disabled.stages[3].state = StageState::Disabled;
    assert_eq!(decoding(&disabled, &[], &original), (1, 100));

    let mut dependent = all();
    dependent.stages[1].state = StageState::Disabled;
    dependent.stages[3].depends_on = vec!["s1".parse().unwrap()];
    assert_eq!(decoding(&dependent, &[], &original), (1, 100));

    let marked = samples::stages([validation(), watermark(), thumbnails_of(32)]);
    assert_eq!(decoding(&marked, &[], &original), (1, 100));

    let ended = EndedStage { stage: "s3".parse().unwrap(), status: StageStatus::Completed };
    assert_eq!(decoding(&all(), &[ended], &original), (1, 100));
}

#[test]
fn metadata_are_read_without_decoding() {
    let spec = samples::stages([metadata_of(GpsPolicy::Keep)]);
    let original = samples::jpeg(&quarters(80, 40));
    let tell = &mut |_| {};
    let marks = Marks::default();
    let mut work = Work::new(&spec, &marks, &original, tell);
    work.through(Plan::new(&spec, &[])).unwrap();
    assert_eq!(work.source.decodes, 0);
}

#[test]
fn thumbnails_are_the_same_whether_the_photo_was_turned_before_or_not() {
    let picture = imageops::resize(&samples::noise(20, 12), 400, 250, imageops::FilterType::Triangle);
    let sizes = || {
        StageKind::Thumbnails(ThumbnailsSpec {
            sizes: vec![samples::size(120, 90, Fit::Inside), samples::size(64, 32, Fit::Cover)],
            quality_percent: 95,
            ..ThumbnailsSpec::default()
        })
    };
    for orientation in 1..=8 {
        let exif = samples::exif(orientation, ExifEnd::Proper);
        let original = samples::jpeg_with_exif(&samples::jpeg(&picture), &exif);
        let thumbnails = |kinds: [StageKind; 2]| {
            let told = job(&samples::stages(kinds), &original).1;
            let thumbnails = outputs(&told).into_iter().filter(|it| it.role == VariantRole::Thumbnail).cloned();
            thumbnails.collect::<Vec<_>>()
        };
        let (before, after) = (thumbnails([sizes(), optimization()]), thumbnails([optimization(), sizes()]));
        assert_eq!((before.len(), after.len()), (2, 2));
        for (before, after) in before.iter().zip(&after) {
            assert_eq!((&before.name, before.width, before.height), (&after.name, after.width, after.height));
            let pixels = |output: &Output| image::load_from_memory(&output.bytes).unwrap().into_rgb8().into_raw();
            let (before, after) = (pixels(before), pixels(after));
            let difference: u64 = before.iter().zip(&after).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            assert!(
                2 * difference < 3 * before.len() as u64,
                "orientation {orientation}: {difference} in {}",
                before.len()
            );
        }
    }
}

#[test]
fn a_whole_pipeline_tells_everything_once_and_no_place_where_it_is_stripped() {
    let original =
        samples::jpeg_with_exif(&samples::jpeg(&quarters(80, 40)), &of_a_camera().write(ByteOrder::Big, ExifEnd::Wild));
    let run = |gps| {
        let (end, told) =
            job(&samples::stages([validation(), metadata_of(gps), thumbnails_of(32), optimization()]), &original);
        assert_eq!(end, Ok(()));
        told
    };
    let told = run(GpsPolicy::Strip);
    assert_eq!(
        lines(&told),
        [
            "s0 started",
            "measured: 40x80",
            "s0 completed",
            "s1 started",
            "s1 described",
            "s1 completed",
            "s2 started",
            "s2 made 32x32-inside: 16x32",
            "s2 completed",
            "s3 started",
            "s3 made optimized: 40x80",
            "s3 completed",
        ]
    );
    let says_place = |told: &[StageUpdate]| serde_json::to_string(told).unwrap().contains("latitude");
    assert!(says_place(&run(GpsPolicy::Keep)));
    assert!(!says_place(&told));
    for gps in [GpsPolicy::Strip, GpsPolicy::Keep] {
        for output in outputs(&run(gps)) {
            let mut fours = output.bytes.windows(4);
            assert!(!fours.any(|it| it == LATITUDE_SECONDS.to_be_bytes()), "{}", output.name);
        }
    }
}

/// A file whose header is whole and whose pixels are not: metadata can be read, all else fails.
fn cut_off() -> Vec<u8> {
    let whole = samples::jpeg(&samples::noise(64, 64));
    whole[..whole.len() * 3 / 4].to_vec()
}

#[test]
fn a_failure_that_may_be_skipped_leaves_the_other_stages_their_work() {
    let mut spec = samples::stages([validation(), metadata_of(GpsPolicy::Strip), thumbnails_of(32), optimization()]);
    for stage in &mut spec.stages {
        stage.on_failure = OnFailure::Skip;
    }
    spec.stages[3].depends_on = vec!["s2".parse().unwrap()];
    let (end, told) = job(&spec, &cut_off());
    assert_eq!(end, Ok(()));
    let cut = "The file ends before the picture does: it was probably cut off during a copy or an earlier upload.";
    assert_eq!(
        lines(&told),
        [
            "s0 started",
            "measured: 64x64",
            &format!("s0 failed: {cut}"),
            "s1 started",
            "s1 described",
            "s1 completed",
            "s2 started",
            &format!("s2 failed: {cut}"),
            "s3 skipped: It depends on `s2`, which failed.",
        ]
    );
}

#[test]
fn a_run_that_goes_on_after_its_failure_has_failed() {
    let spec = samples::stages([validation(), optimization()]);
    let ended = [EndedStage { stage: "s0".parse().unwrap(), status: StageStatus::Failed }];
    let mut told = Vec::new();
    let end = run(&spec, &Marks::default(), &ended, &samples::jpeg(&quarters(8, 8)), &mut |update| told.push(update));
    assert_eq!(end.unwrap_err().stage, spec.stages[0].name);
    assert_eq!(told, []);
}

/// How each told stage ended.
fn ends(told: &[StageUpdate]) -> Vec<EndedStage> {
    let end = |update: &StageUpdate| {
        let (stage, status): (&StageName, _) = match update {
            StageUpdate::Completed { stage } => (stage, StageStatus::Completed),
            StageUpdate::Failed { failure } => (&failure.stage, StageStatus::Failed),
            StageUpdate::Skipped { stage, .. } => (stage, StageStatus::Skipped),
            StageUpdate::Started { .. }
            | StageUpdate::Measured { .. }
            | StageUpdate::Made { .. }
            | StageUpdate::Described { .. } => return None,
        };
        Some(EndedStage { stage: stage.clone(), status })
    };
    told.iter().filter_map(end).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_run_can_go_on_in_another_process_after_any_of_its_stages(
        stages in proptest::collection::vec((0..5_usize, any::<u8>(), any::<bool>(), any::<bool>()), 1..8),
        is_whole in any::<bool>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let kinds = stages.iter().map(|(kind, ..)| match kind {
            0 => validation(),
            1 => metadata_of(GpsPolicy::Strip),
            2 => thumbnails_of(16),
            3 => watermark(),
            _ => optimization(),
        });
        let mut spec = samples::stages(kinds);
        let names: Vec<StageName> = spec.stages.iter().map(|stage| stage.name.clone()).collect();
        for (place, (stage, (_, on, may_skip, is_enabled))) in spec.stages.iter_mut().zip(&stages).enumerate() {
            stage.depends_on = names[..place].iter().enumerate().filter(|(bit, _)| on >> bit & 1 == 1).map(|(_, it)| it.clone()).collect();
            stage.on_failure = if *may_skip { OnFailure::Skip } else { OnFailure::Fail };
            stage.state = if *is_enabled || place % 2 == 0 { StageState::Enabled } else { StageState::Disabled };
        }
        let original = if is_whole { samples::jpeg(&quarters(48, 32)) } else { cut_off() };
        let (end, told) = job(&spec, &original);
        let whole = ends(&told);
        let (before, after) = whole.split_at(cut.index(whole.len() + 1));
        let mut told = Vec::new();
        let resumed = run(&spec, &Marks::default(), before, &original, &mut |update| told.push(update));
        prop_assert_eq!(ends(&told), after);
        prop_assert_eq!(resumed.is_ok(), end.is_ok());
    }
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
    let kept =
        OptimizationSpec { format: OptimizedFormat::Original, preserve_exif: true, ..OptimizationSpec::default() };
    for copy in [optimization(), StageKind::Optimization(kept)] {
        let mut spec = with_limits(1 << 20, 1 << 20);
        spec.stages.extend(samples::stages([metadata_of(GpsPolicy::Keep), copy]).stages);
        let (end, told) = job(&spec, original);
        match end {
            Ok(()) => prop_assert_eq!(outputs(&told).len(), 3),
            Err(failure) => {
                prop_assert_eq!(failure.class, ErrorClass::Data, "{}", failure);
                prop_assert_ne!(failure.failure.code, FailureCode::ProcessingFailed, "{}", failure);
            }
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
