mod images;

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage, imageops};
use photo_core::{
    pipeline::{
        Fit, OnFailure, OptimizationSpec, OptimizedFormat, StageName, StageState, ThumbnailsSpec, WatermarkPosition,
    },
    run::StageStatus,
};

use super::*;
use crate::{
    Output,
    run::run,
    samples::{self, ExifEnd},
    update::{EndedStage, StageUpdate},
};

const GROUND: Rgb<u8> = Rgb([90, 120, 150]);

fn mark(text: &str) -> WatermarkSpec {
    WatermarkSpec { opacity_percent: 100, ..WatermarkSpec::of(text) }
}

fn at(position: WatermarkPosition) -> WatermarkSpec {
    WatermarkSpec { position, ..mark("Ana") }
}

fn watermark(spec: WatermarkSpec) -> StageKind {
    StageKind::Watermark(spec)
}

fn optimization() -> StageKind {
    StageKind::Optimization(OptimizationSpec { quality_percent: 95, ..OptimizationSpec::default() })
}

/// The whole photo as a PNG, which is not made of planes.
fn png() -> StageKind {
    StageKind::Optimization(OptimizationSpec { format: OptimizedFormat::Png, ..OptimizationSpec::default() })
}

fn thumbnails(side: u16) -> StageKind {
    let sizes = vec![samples::size(side, side, Fit::Inside)];
    StageKind::Thumbnails(ThumbnailsSpec { sizes, quality_percent: 95, ..ThumbnailsSpec::default() })
}

fn told(spec: &PipelineSpec, ended: &[EndedStage], original: &[u8]) -> Vec<StageUpdate> {
    told_with(&Marks::default(), spec, ended, original)
}

fn told_with(marks: &Marks, spec: &PipelineSpec, ended: &[EndedStage], original: &[u8]) -> Vec<StageUpdate> {
    let mut told = Vec::new();
    run(spec, marks, ended, original, &mut |update| told.push(update)).unwrap();
    told
}

fn outputs(told: Vec<StageUpdate>) -> Vec<Output> {
    let made =
        told.into_iter().map(|update| if let StageUpdate::Made { output, .. } = update { Some(output) } else { None });
    made.flatten().collect()
}

/// The pictures that these stages make.
fn pictures(kinds: impl IntoIterator<Item = StageKind>, original: &[u8]) -> Vec<RgbImage> {
    pictures_with(&Marks::default(), kinds, original)
}

fn pictures_with(marks: &Marks, kinds: impl IntoIterator<Item = StageKind>, original: &[u8]) -> Vec<RgbImage> {
    let outputs = outputs(told_with(marks, &samples::stages(kinds), &[], original));
    outputs.iter().map(|output| image::load_from_memory(&output.bytes).unwrap().into_rgb8()).collect()
}

fn picture(kinds: impl IntoIterator<Item = StageKind>, original: &[u8]) -> RgbImage {
    let mut pictures = pictures(kinds, original);
    assert_eq!(pictures.len(), 1);
    pictures.remove(0)
}

fn ground(width: u32, height: u32) -> Vec<u8> {
    samples::jpeg(&RgbImage::from_pixel(width, height, GROUND))
}

/// Where a picture is another than the ground: left, top, right and bottom.
fn seen(picture: &RgbImage) -> Option<[u32; 4]> {
    let differs = |pixel: &Rgb<u8>| pixel.0.iter().zip(GROUND.0).any(|(a, b)| a.abs_diff(b) > 24);
    let places = picture.enumerate_pixels().filter(|(_, _, pixel)| differs(pixel)).map(|(x, y, _)| [x, y, x, y]);
    places.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
}

#[test]
fn a_mark_is_seen_at_its_place_and_nowhere_else() {
    let original = ground(400, 200);
    assert_eq!(seen(&picture([optimization()], &original)), None);
    let cases = [
        (WatermarkPosition::TopLeft, [4, 4]),
        (WatermarkPosition::TopRight, [296, 4]),
        (WatermarkPosition::BottomLeft, [4, 146]),
        (WatermarkPosition::BottomRight, [296, 146]),
        (WatermarkPosition::Center, [150, 75]),
    ];
    for (position, [left, top]) in cases {
        let [l, t, r, b] = seen(&picture([watermark(at(position)), optimization()], &original)).unwrap();
        assert!(l >= left && t >= top && r < left + 100 && b < top + 50, "{position:?}: {:?}", [l, t, r, b]);
        assert!(r - l > 90 && b - t > 25, "{position:?}: {:?}", [l, t, r, b]);
    }
}

/// A plain photo of that size as it is shown, stored in each of the eight ways.
fn stored(width: u32, height: u32, orientation: u16) -> Vec<u8> {
    let (width, height) = if orientation < 5 { (width, height) } else { (height, width) };
    samples::jpeg_with_exif(&ground(width, height), &samples::exif(orientation, ExifEnd::Proper))
}

#[test]
fn a_mark_is_upright_however_the_photo_lies() {
    for (width, height) in [(800, 400), (804, 396), (801, 399)] {
        let made = |kinds: fn() -> Vec<StageKind>, orientation| pictures(kinds(), &stored(width, height, orientation));
        let ways: [fn() -> Vec<StageKind>; 5] = [
            || vec![watermark(mark("Rag")), png()],
            || vec![watermark(mark("Rag")), optimization()],
            || vec![watermark(mark("Rag")), thumbnails(100)],
            || vec![optimization(), watermark(mark("Rag")), thumbnails(100)],
            || vec![watermark(mark("Rag")), thumbnails(100), optimization()],
        ];
        for (way, kinds) in ways.into_iter().enumerate() {
            let expected = made(kinds, 1);
            let mirrored = imageops::flip_horizontal(expected.last().unwrap());
            assert!(samples::likeness(expected.last().unwrap(), &mirrored) < 0.98, "the measure sees no mark");
            for orientation in 2..=8 {
                for (seen, expected) in made(kinds, orientation).iter().zip(&expected) {
                    let likeness = samples::likeness(seen, expected);
                    assert!(likeness > 0.995, "{width}: way {way}, orientation {orientation}: {likeness}");
                }
            }
        }
    }
}

#[test]
fn thumbnails_show_it_where_the_whole_picture_does() {
    for (width, height) in [(1600, 800), (1000, 1504), (803, 1201)] {
        let original = ground(width, height);
        let alone = picture([watermark(mark("Ana")), thumbnails(200)], &original);
        let beside = pictures([watermark(mark("Ana")), thumbnails(200), optimization()], &original);
        let likeness = samples::likeness(&alone, &beside[0]);
        assert!(likeness > 0.99, "{likeness}");
        let whole = seen(&beside[1]).unwrap();
        let scale = f64::from(alone.width()) / f64::from(width);
        for (small, large) in seen(&alone).unwrap().into_iter().zip(whole) {
            assert!((f64::from(small) - f64::from(large) * scale).abs() < 2.5, "{small} of {large} times {scale}");
        }
    }
}

#[test]
fn opacity_is_how_much_of_it_is_seen() {
    let original = ground(400, 200);
    let plain = picture([optimization()], &original);
    let change = |opacity_percent| {
        let spec = WatermarkSpec { opacity_percent, ..mark("Ana") };
        let marked = picture([watermark(spec), optimization()], &original);
        plain.iter().zip(marked.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>()
    };
    let full = change(100);
    for percent in [75_u8, 50, 25] {
        let part = change(percent) / full * 100.0;
        assert!((part - f64::from(percent)).abs() < 6.0, "{part} % for {percent} %");
    }
}

#[test]
fn pictures_of_stages_before_it_are_without_it() {
    let original = ground(400, 200);
    let small = || thumbnails(90);
    let kinds =
        [thumbnails(200), watermark(mark("Ana")), small(), watermark(at(WatermarkPosition::TopLeft)), optimization()];
    let made = pictures(kinds, &original);
    let corners = made.iter().map(|picture| {
        let (width, height) = picture.dimensions();
        let part = |left, top| imageops::crop_imm(picture, left, top, width / 2, height / 2).to_image();
        (seen(&part(0, 0)).is_some(), seen(&part(width / 2, height / 2)).is_some())
    });
    assert_eq!(corners.collect::<Vec<_>>(), [(false, false), (false, true), (true, true)]);
}

#[test]
fn a_run_that_goes_on_in_another_process_lays_it_again() {
    let original = samples::jpeg(&samples::quarters(400, 200));
    let kinds = [watermark(mark("Ana")), thumbnails(100), watermark(at(WatermarkPosition::Center)), optimization()];
    let spec = samples::stages(kinds);
    let whole = outputs(told(&spec, &[], &original));
    for count in 1..=3 {
        let ended = spec.stages.iter().take(count);
        let ended = ended.map(|stage| EndedStage { stage: stage.name.clone(), status: StageStatus::Completed });
        let resumed = outputs(told(&spec, &ended.collect::<Vec<_>>(), &original));
        let expected = whole.iter().filter(|it| count == 1 || it.name.as_str() == "optimized").collect::<Vec<_>>();
        assert_eq!(
            resumed.iter().map(|it| &it.name).collect::<Vec<_>>(),
            expected.iter().map(|it| &it.name).collect::<Vec<_>>()
        );
        let pixels = |it: &Output| image::load_from_memory(&it.bytes).unwrap().into_rgb8();
        for (resumed, expected) in resumed.iter().zip(expected) {
            let likeness = samples::likeness(&pixels(resumed), &pixels(expected));
            assert!(likeness > 0.98, "after {count}: {likeness}");
        }
    }
    let failed = EndedStage { stage: spec.stages[0].name.clone(), status: StageStatus::Skipped };
    let without = outputs(told(&spec, &[failed], &original));
    assert_ne!(without[0].bytes, whole[0].bytes, "a mark that was skipped is not laid again");
}

#[test]
fn pictures_of_any_shape_carry_one() {
    for (width, height) in [(1, 1), (3, 2), (2, 3), (1, 700), (700, 1), (7, 3000), (16, 16)] {
        let photo = samples::noise(width, height);
        let gray = GrayImage::from_pixel(width, height, Luma([99]));
        let jpeg = samples::jpeg_with_exif(&samples::jpeg(&photo), &samples::exif(6, ExifEnd::Proper));
        let originals = [jpeg, samples::gray_jpeg(&photo), samples::png(&DynamicImage::ImageLuma8(gray))];
        for original in originals {
            for size_percent in [1, 25, 100] {
                for position in [WatermarkPosition::TopLeft, WatermarkPosition::BottomRight, WatermarkPosition::Center]
                {
                    let spec = WatermarkSpec { size_percent, ..at(position) };
                    assert_eq!(pictures([watermark(spec), thumbnails(64), optimization()], &original).len(), 2);
                }
            }
        }
    }
}

#[test]
fn a_gray_photo_stays_gray_and_carries_it() {
    let original = samples::gray_jpeg(&RgbImage::from_pixel(400, 200, Rgb([90; 3])));
    let spec = samples::stages([watermark(mark("Ana")), optimization()]);
    let made = outputs(told(&spec, &[], &original));
    let picture = image::load_from_memory(&made[0].bytes).unwrap();
    assert!(!picture.color().has_color());
    assert!(picture.to_luma8().pixels().any(|pixel| pixel.0[0] > 240));
}

#[test]
fn where_it_is_off_or_fails_pictures_that_depend_on_it_are_not_made() {
    let original = ground(400, 200);
    let plain = outputs(told(&samples::stages([optimization()]), &[], &original));
    // The font lacks it: a worker does not start with such a text, so that here it stands for any failure.
    for (text, state) in [("Ana", StageState::Disabled), ("漢", StageState::Enabled)] {
        let mut spec = samples::stages([watermark(mark(text)), thumbnails(64), optimization()]);
        spec.stages[0].state = state;
        spec.stages[0].on_failure = OnFailure::Skip;
        spec.stages[1].depends_on = vec![spec.stages[0].name.clone()];
        let told = told(&spec, &[], &original);
        let skipped =
            |name: &StageName| told.iter().any(|it| matches!(it, StageUpdate::Skipped { stage, .. } if stage == name));
        assert!(skipped(&spec.stages[1].name), "{text}");
        let made = outputs(told);
        assert_eq!(made.len(), 1, "{text}");
        assert_eq!(made[0].bytes, plain[0].bytes, "{text}");
    }
}

#[test]
fn texts_that_can_not_be_shown_are_told_with_their_stage() {
    let of = |text: &str| samples::stages([optimization(), watermark(mark(text))]);
    assert_eq!(check_texts(&of("© Ana, Анна, آنا")), Ok(()));
    assert_eq!(
        check_texts(&of("Ana 漢")).unwrap_err().to_string(),
        "stages: the watermark `s1` can't be shown: its font (DejaVu Sans) lacks `漢` (U+6F22); write the text without"
    );
}
