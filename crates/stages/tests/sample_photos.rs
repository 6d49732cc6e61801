//! The sample photos of the repository, through the default stages: what the demo shows is what is promised here.

use std::path::Path;

use photo_core::{
    failure::FailureCode,
    photo::Dimensions,
    pipeline::{PipelineSpec, StageKind, StageSpec, ThumbnailsSpec, ValidationSpec},
};
use photo_stages::{Outputs, StageFailure, StageUpdate};

fn spec() -> PipelineSpec {
    let stages = [
        ("validation", StageKind::Validation(ValidationSpec::default())),
        ("thumbnails", StageKind::Thumbnails(ThumbnailsSpec::default())),
    ];
    let stages = stages.map(|(name, kind)| StageSpec::new(name.parse().expect("a stage name"), kind)).to_vec();
    PipelineSpec::of(stages)
}

fn run(name: &str) -> (Result<Outputs, StageFailure>, usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/samples/photos");
    let original = std::fs::read(folder.join(name)).expect("a sample photo");
    let mut thumbnails_told = 0;
    let end = photo_stages::run(&spec(), &original, &mut |update| {
        thumbnails_told += usize::from(matches!(update, StageUpdate::ThumbnailMade { .. }));
    });
    (end, thumbnails_told)
}

#[test]
fn every_whole_sample_photo_gets_its_three_thumbnails() {
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
        let outputs = end.unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert_eq!(outputs.dimensions, Some(Dimensions { width, height }), "{name}");
        let made: Vec<_> = outputs.variants.iter().map(|it| (it.width, it.height)).collect();
        assert_eq!(made, thumbnails, "{name}");
        let names: Vec<_> = outputs.variants.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["600", "300", "150"], "{name}");
        assert_eq!(told, 3, "{name}");
    }
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
