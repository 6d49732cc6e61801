//! The sample photos of the repository, through the default stages: what the demo shows is what is promised here.

use std::path::Path;

use photo_core::{
    failure::FailureCode,
    image_format::ImageFormat,
    photo::{Dimensions, VariantRole},
    photo_metadata::{ColorSpace, PhotoMetadata},
    pipeline::{MetadataSpec, OptimizationSpec, PipelineSpec, StageKind, StageSpec, ThumbnailsSpec, ValidationSpec},
};
use photo_stages::{Output, StageFailure, StageUpdate};

fn spec() -> PipelineSpec {
    let stages = [
        ("validation", StageKind::Validation(ValidationSpec::default())),
        ("metadata", StageKind::Metadata(MetadataSpec::default())),
        ("thumbnails", StageKind::Thumbnails(ThumbnailsSpec::default())),
        ("optimization", StageKind::Optimization(OptimizationSpec::default())),
    ];
    let stages = stages.map(|(name, kind)| StageSpec::new(name.parse().expect("a stage name"), kind)).to_vec();
    PipelineSpec::of(stages)
}

fn run(name: &str) -> (Result<(), StageFailure>, Vec<StageUpdate>) {
    let folder = Path::new(env!("REPOSITORY")).join("config/samples/photos");
    let original = std::fs::read(folder.join(name)).expect("a sample photo");
    let mut told = Vec::new();
    let end =
        photo_stages::run(&spec(), &photo_stages::Marks::default(), &[], &original, &mut |update| told.push(update));
    (end, told)
}

fn outputs(told: &[StageUpdate]) -> Vec<&Output> {
    let made =
        told.iter().map(|update| if let StageUpdate::Made { output, .. } = update { Some(output) } else { None });
    made.flatten().collect()
}

#[test]
fn every_whole_sample_photo_gets_its_three_thumbnails_and_its_optimized_copy() {
    let samples = [
        ("mountains.jpg", (1920, 1440), [(600, 450), (300, 225), (150, 113)]),
        ("dogs-sideways.jpg", (1198, 1800), [(399, 600), (200, 300), (100, 150)]),
        ("dandelions-progressive.jpg", (2000, 1125), [(600, 338), (300, 169), (150, 84)]),
        ("sunset.jpg", (1600, 1067), [(600, 400), (300, 200), (150, 100)]),
        ("wine-portrait.jpg", (1068, 1600), [(401, 600), (200, 300), (100, 150)]),
        ("fig-transparent.png", (480, 325), [(480, 325), (300, 203), (150, 102)]),
        ("brushes.webp", (1365, 1074), [(600, 472), (300, 236), (150, 118)]),
        ("gradient.gif", (400, 225), [(400, 225), (300, 169), (150, 84)]),
    ];
    for (name, (width, height), thumbnails) in samples {
        let (end, told) = run(name);
        end.unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert!(told.contains(&StageUpdate::Measured { dimensions: Dimensions { width, height } }), "{name}");
        let outputs = outputs(&told);
        let made: Vec<_> = outputs.iter().map(|it| (it.width, it.height)).collect();
        assert_eq!(made, [&thumbnails[..], &[(width, height)]].concat(), "{name}");
        let names: Vec<_> = outputs.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["600", "300", "150", "optimized"], "{name}");
        for output in outputs {
            assert_eq!(ImageFormat::sniff(&output.bytes), Some(ImageFormat::Jpeg), "{name}: {}", output.name);
            let is_optimized = output.name.as_str() == "optimized";
            assert_eq!(output.role, if is_optimized { VariantRole::Optimized } else { VariantRole::Thumbnail });
        }
    }
}

/// What was read of a sample photo.
fn metadata(name: &str) -> PhotoMetadata {
    let told = run(name).1;
    let mut described = told
        .into_iter()
        .filter_map(|it| if let StageUpdate::Described { metadata, .. } = it { Some(metadata) } else { None });
    let metadata = described.next().expect("metadata");
    assert_eq!(described.next(), None);
    metadata
}

#[test]
fn the_metadata_of_the_sample_photos_are_what_their_files_say() {
    for (name, has_alpha) in [("mountains.jpg", false), ("fig-transparent.png", true), ("brushes.webp", false)] {
        let metadata = metadata(name);
        let PhotoMetadata { color_space, color_profile, bits_per_channel, exif, gps, .. } = metadata;
        assert_eq!((color_space, color_profile, bits_per_channel), (ColorSpace::Srgb, None, 8), "{name}");
        assert_eq!((metadata.has_alpha, exif.len(), gps), (has_alpha, 0, None), "{name}");
    }
    let exif = metadata("dogs-sideways.jpg").exif;
    let tags: Vec<_> = exif.iter().map(|(tag, text)| (tag.as_str(), text.as_str())).collect();
    assert_eq!(tags, [("Orientation", "row 0 at right and column 0 at top"), ("Software", "photo platform samples")]);
}

#[test]
fn the_broken_sample_photo_fails_with_a_reason_that_its_owner_understands() {
    let failure = run("broken.jpg").0.unwrap_err();
    assert_eq!(failure.stage.as_str(), "validation");
    assert_eq!(failure.failure.code, FailureCode::Damaged);
    assert_eq!(
        failure.failure.message,
        "The file ends before the picture does: it was probably cut off during a copy or an earlier upload."
    );
}
