//! What the fuzz targets have in common: a pipeline of small limits, a photo that carries what is tried, and what no bytes may
//! do.

use std::sync::LazyLock;

use photo_core::{
    error_class::ErrorClass,
    pipeline::{
        GpsPolicy, MetadataSpec, OnFailure, OptimizationSpec, OptimizedFormat, PipelineSpec, StageKind, StageSpec,
        ThumbnailsSpec, ValidationSpec, WatermarkSpec,
    },
};
use photo_jpeg::{Coding, Picture, Plane};
use photo_stages::{Marks, StageUpdate};

/// Most pixels of a photo: more of them find nothing more and take longer.
const PIXELS_MAX: u64 = 64 * 1024;

/// So many stages are there.
pub const STAGES: usize = 6;

/// Every stage on its own, so that what one refuses goes to the next. A panic that the stages would contain ends the program
/// all the same: libFuzzer's hook comes first.
static EVERY_STAGE: LazyLock<PipelineSpec> = LazyLock::new(|| {
    let limits = ValidationSpec { max_pixels: PIXELS_MAX, ..ValidationSpec::default() };
    let kept =
        OptimizationSpec { format: OptimizedFormat::Original, preserve_exif: true, ..OptimizationSpec::default() };
    let kinds: [_; STAGES] = [
        ("metadata", StageKind::Metadata(MetadataSpec { gps: GpsPolicy::Keep })),
        ("validation", StageKind::Validation(limits)),
        ("watermark", StageKind::Watermark(WatermarkSpec::of("© Ана"))),
        ("thumbnails", StageKind::Thumbnails(ThumbnailsSpec::default())),
        ("optimization", StageKind::Optimization(OptimizationSpec::default())),
        ("kept", StageKind::Optimization(kept)),
    ];
    let stages = kinds.into_iter().map(|(name, kind)| {
        let name = name.parse().expect("a word is a name");
        StageSpec { on_failure: OnFailure::Skip, ..StageSpec::new(name, kind) }
    });
    PipelineSpec::of(stages.collect())
});

/// Runs every stage over a photo, and tells how many went well.
///
/// # Panics
/// Where a stage fails for a reason that no photo explains.
pub fn process(photo: &[u8]) -> usize {
    let mut well = 0;
    let ended = photo_stages::run(&EVERY_STAGE, &Marks::default(), &[], photo, &mut |update| match update {
        StageUpdate::Failed { failure } => assert_eq!(failure.class, ErrorClass::Data, "{failure}"),
        StageUpdate::Completed { .. } => well += 1,
        StageUpdate::Started { .. }
        | StageUpdate::Measured { .. }
        | StageUpdate::Made { .. }
        | StageUpdate::Described { .. }
        | StageUpdate::Skipped { .. } => {}
    });
    assert!(ended.is_ok(), "no failure of a stage ends the run");
    well
}

/// A whole small JPEG in colours, with these segments behind its beginning: marker and content, which is cut at its most.
///
/// # Panics
/// Where it can't be made.
pub fn jpeg_with<'a>(segments: impl IntoIterator<Item = (u8, &'a [u8])>) -> Vec<u8> {
    const SEGMENT_MAX: usize = 65_533;
    static PLAIN: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let samples: Vec<u8> = (0..=255).collect();
        let plane = |stride| Plane { samples: &samples, stride };
        let picture = Picture { width: 16, height: 16, luma: plane(16), chroma: Some([plane(8); 2]) };
        photo_jpeg::encode(&picture, 80, Coding::Optimal).expect("it is a picture")
    });
    let (begin, rest) = PLAIN.split_at(2);
    let mut jpeg = begin.to_vec();
    for (marker, content) in segments {
        let content = content.get(..SEGMENT_MAX).unwrap_or(content);
        let length = u16::try_from(content.len() + 2).unwrap_or(u16::MAX);
        jpeg.extend([0xFF, marker]);
        jpeg.extend(length.to_be_bytes());
        jpeg.extend(content);
    }
    jpeg.extend(rest);
    jpeg
}
