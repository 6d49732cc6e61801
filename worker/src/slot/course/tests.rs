use photo_core::{
    image_format::ImageFormat,
    photo_metadata::{ColorSpace, PhotoMetadata},
    pipeline::{OptimizationSpec, OptimizedFormat, OutputFormat, ThumbnailsSpec, ValidationSpec},
};

use super::*;

fn name(text: &str) -> StageName {
    text.parse().unwrap()
}

/// A first stage that may fail, and thumbnails that may not.
fn spec() -> PipelineSpec {
    let mut check = StageSpec::new(name("check"), StageKind::Validation(ValidationSpec::default()));
    check.on_failure = OnFailure::Skip;
    let small = StageSpec::new(name("small"), StageKind::Thumbnails(ThumbnailsSpec::default()));
    PipelineSpec::of(vec![check, small])
}

fn started(stage: &str) -> StageUpdate {
    StageUpdate::Started { stage: name(stage) }
}

fn completed(stage: &str) -> StageUpdate {
    StageUpdate::Completed { stage: name(stage) }
}

fn skipped(stage: &str) -> StageUpdate {
    StageUpdate::Skipped { stage: name(stage), reason: "The stage is disabled.".to_owned() }
}

fn failed(stage: &str, class: ErrorClass) -> StageUpdate {
    let failure = Failure::new(FailureCode::Damaged, "The file is damaged.");
    StageUpdate::Failed { failure: StageFailure { stage: name(stage), failure, class, detail: String::new() } }
}

fn made(stage: &str, variant: &str, role: VariantRole) -> StageUpdate {
    made_as(stage, variant, (role, ImageFormat::Jpeg))
}

fn made_as(stage: &str, variant: &str, (role, format): (VariantRole, ImageFormat)) -> StageUpdate {
    let output = Output { name: variant.parse().unwrap(), role, format, width: 3, height: 2, bytes: Vec::new() };
    StageUpdate::Made { stage: name(stage), output }
}

fn thumbnail(stage: &str, variant: &str) -> StageUpdate {
    made(stage, variant, VariantRole::Thumbnail)
}

fn measured(width: u32) -> StageUpdate {
    StageUpdate::Measured { dimensions: Dimensions { width, height: 2 } }
}

fn described(stage: &str) -> StageUpdate {
    let metadata = PhotoMetadata {
        color_space: ColorSpace::Srgb,
        color_profile: None,
        bits_per_channel: 8,
        has_alpha: false,
        exif: std::collections::BTreeMap::new(),
        gps: None,
    };
    StageUpdate::Described { stage: name(stage), metadata }
}

#[test]
fn stages_are_told_in_the_pipelines_order_up_to_the_last() {
    let spec = spec();
    let mut course = Course::of(&spec);
    for update in [
        started("check"),
        measured(3),
        completed("check"),
        started("small"),
        measured(3),
        thumbnail("small", "600"),
        thumbnail("small", "150"),
    ] {
        assert!(!course.is_over());
        course.note(&update).unwrap();
    }
    assert_eq!(course.under_way().unwrap().name, name("small"));
    course.note(&completed("small")).unwrap();
    assert!(course.is_over() && course.failed().is_none() && !course.wore_the_slot());
    assert!(course.under_way().is_none());
}

#[test]
fn what_is_told_out_of_turn_is_refused() {
    let full = |stage: &str| StageUpdate::Started { stage: name(stage) };
    let cases: [(&str, Vec<StageUpdate>, StageUpdate); 15] = [
        ("a later stage first", vec![], full("small")),
        ("an unknown stage", vec![], full("other")),
        ("an end without a beginning", vec![], completed("check")),
        ("a failure without a beginning", vec![], failed("check", ErrorClass::Data)),
        ("an output without a beginning", vec![], thumbnail("check", "150")),
        ("a size without a beginning", vec![], measured(3)),
        ("a stage twice", vec![started("check")], started("check")),
        ("a skip of what runs", vec![started("check")], skipped("check")),
        ("another stage's end", vec![started("check")], completed("small")),
        ("an output of a stage that makes none", vec![started("check")], thumbnail("check", "150")),
        ("a description by another kind of stage", vec![started("check")], described("check")),
        ("two sizes", vec![started("check"), measured(3)], measured(4)),
        ("an unknown output", vec![skipped("check"), started("small")], thumbnail("small", "151")),
        (
            "an output in another role",
            vec![skipped("check"), started("small")],
            made("small", "150", VariantRole::Optimized),
        ),
        (
            "an output twice",
            vec![skipped("check"), started("small"), thumbnail("small", "150")],
            thumbnail("small", "150"),
        ),
    ];
    let spec = spec();
    for (what, before, wrong) in cases {
        let mut course = Course::of(&spec);
        for update in before {
            course.note(&update).unwrap();
        }
        assert!(course.note(&wrong).is_err(), "{what}");
    }
}

#[test]
fn nothing_is_told_after_the_end() {
    let spec = spec();
    for end in [skipped("small"), started("small")] {
        let mut course = Course::of(&spec);
        course.note(&skipped("check")).unwrap();
        course.note(&end).unwrap();
        if course.under_way().is_some() {
            course.note(&failed("small", ErrorClass::Data)).unwrap();
            assert_eq!(course.failed().unwrap().stage, name("small"));
        }
        assert!(course.is_over());
        assert!(course.note(&started("small")).is_err());
        assert_eq!(course.break_off(Cause::Broken, String::new()), None, "no stage is left to blame");
    }
}

#[test]
fn a_stage_that_may_fail_leaves_the_rest_to_a_fresh_slot() {
    let spec = spec();
    let mut course = Course::of(&spec);
    course.note(&started("check")).unwrap();
    let failure = course.break_off(Cause::TimedOut, "silent".to_owned()).unwrap();
    assert_eq!((failure.class, failure.failure.code), (ErrorClass::Logic, FailureCode::TimedOut));
    assert_eq!(failure.failure.message, "This stage took longer than the 60 s that it may take.");
    assert!(!course.is_over() && course.failed().is_none());
    assert_eq!(course.ended(), [EndedStage { stage: name("check"), status: StageStatus::Failed }]);
    assert!(course.under_way().is_none(), "the next stage has its own time");
    course.note(&started("small")).unwrap();
}

#[test]
fn a_slot_that_breaks_off_between_two_stages_costs_the_next_one() {
    let spec = spec();
    let mut course = Course::of(&spec);
    course.note(&skipped("check")).unwrap();
    let failure = course.break_off(Cause::OutOfMemory, String::new()).unwrap();
    assert_eq!(failure.stage, name("small"));
    assert_eq!(failure.failure.message, "The photo needs more memory than the server gives one photo.");
    assert_eq!(course.failed(), Some(&failure));
}

#[test]
fn a_slot_is_worn_by_failures_that_no_photo_explains() {
    let spec = spec();
    for (class, worn) in [(ErrorClass::Data, false), (ErrorClass::Logic, true), (ErrorClass::Temporary, false)] {
        let mut course = Course::of(&spec);
        course.note(&started("check")).unwrap();
        course.note(&failed("check", class)).unwrap();
        assert_eq!(course.wore_the_slot(), worn, "{class:?}");
    }
}

#[test]
fn an_output_has_a_format_that_its_stage_makes() {
    use ImageFormat::{Avif, Jpeg, Png, Webp};
    let takes = |kind: StageKind, (variant, role, format)| {
        let spec = PipelineSpec::of(vec![StageSpec::new(name("it"), kind)]);
        let mut course = Course::of(&spec);
        course.note(&started("it")).unwrap();
        course.note(&made_as("it", variant, (role, format))).is_ok()
    };
    let all = ImageFormat::ALL;
    let thumbnails =
        [(OutputFormat::Jpeg, Jpeg), (OutputFormat::WebP, Webp), (OutputFormat::Png, Png), (OutputFormat::Avif, Avif)];
    for (format, made) in thumbnails {
        let kind = || StageKind::Thumbnails(ThumbnailsSpec { format, ..ThumbnailsSpec::default() });
        let accepted = all.map(|told| takes(kind(), ("150", VariantRole::Thumbnail, told)));
        assert_eq!(accepted, all.map(|told| told == made), "{format:?}");
    }
    let copies = [
        (OptimizedFormat::Original, vec![Jpeg, Png, Webp]),
        (OptimizedFormat::Jpeg, vec![Jpeg]),
        (OptimizedFormat::WebP, vec![Webp]),
        (OptimizedFormat::Png, vec![Png]),
        (OptimizedFormat::Avif, vec![Avif]),
    ];
    for (format, made) in copies {
        let kind = || StageKind::Optimization(OptimizationSpec { format, ..OptimizationSpec::default() });
        let accepted = all.map(|told| takes(kind(), ("optimized", VariantRole::Optimized, told)));
        assert_eq!(accepted, all.map(|told| made.contains(&told)), "{format:?}");
    }
}
