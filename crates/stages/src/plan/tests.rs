use photo_core::pipeline::{MetadataSpec, StageKind};
use proptest::prelude::*;

use super::*;

/// A stage and how it ended.
type End = (StageName, StageStatus);

fn name(place: usize) -> StageName {
    format!("s{place}").parse().unwrap()
}

fn stage(place: usize, depends_on: &[usize]) -> StageSpec {
    let mut stage = StageSpec::new(name(place), StageKind::Metadata(MetadataSpec::default()));
    stage.depends_on = depends_on.iter().copied().map(name).collect();
    stage
}

fn ended(ends: &[End]) -> Vec<EndedStage> {
    ends.iter().map(|(stage, status)| EndedStage { stage: stage.clone(), status: *status }).collect()
}

/// Drives a run whose stages fail where `fails` says so; returns the ends as they are told.
fn drive(spec: &PipelineSpec, before: &[EndedStage], fails: &[bool]) -> Vec<End> {
    let mut plan = Plan::new(spec, before);
    let mut told = Vec::new();
    loop {
        let (stage, status) = match plan.next() {
            Step::Run(stage) => {
                let place = spec.stages.iter().position(|it| it.name == stage.name).unwrap();
                (stage, if fails[place] { StageStatus::Failed } else { StageStatus::Completed })
            }
            Step::Skip { stage, .. } => (stage, StageStatus::Skipped),
            Step::Broken { .. } | Step::Done => return told,
        };
        plan.end(&stage.name, status);
        told.push((stage.name.clone(), status));
    }
}

fn reason(spec: &PipelineSpec, before: &[End]) -> String {
    let before = ended(before);
    let next = Plan::new(spec, &before).next();
    let Step::Skip { reason, .. } = next else { panic!("{next:?}") };
    reason
}

#[test]
fn stages_run_in_the_order_of_the_list() {
    let spec = PipelineSpec::of(vec![stage(0, &[]), stage(1, &[0]), stage(2, &[])]);
    let completed = |place| (name(place), StageStatus::Completed);
    assert_eq!(drive(&spec, &[], &[false; 3]), [completed(0), completed(1), completed(2)]);
}

#[test]
fn whoever_depends_on_a_skipped_stage_is_skipped_with_a_reason() {
    let mut spec = PipelineSpec::of(vec![stage(0, &[]), stage(1, &[0]), stage(2, &[1]), stage(3, &[])]);
    spec.stages[0].state = StageState::Disabled;
    let skipped = |place| (name(place), StageStatus::Skipped);
    let ends = drive(&spec, &[], &[false; 4]);
    assert_eq!(ends, [skipped(0), skipped(1), skipped(2), (name(3), StageStatus::Completed)]);
    assert_eq!(reason(&spec, &[]), "The stage is disabled.");
    assert_eq!(reason(&spec, &ends[..1]), "It depends on `s0`, which was skipped.");
    assert_eq!(reason(&spec, &ends[..2]), "It depends on `s1`, which was skipped.");
}

#[test]
fn a_failure_that_may_be_skipped_takes_its_dependants_along() {
    let mut spec = PipelineSpec::of(vec![stage(0, &[]), stage(1, &[0]), stage(2, &[])]);
    spec.stages[0].on_failure = OnFailure::Skip;
    let ends = drive(&spec, &[], &[true, false, false]);
    let expected = [StageStatus::Failed, StageStatus::Skipped, StageStatus::Completed];
    assert_eq!(ends.iter().map(|(_, status)| *status).collect::<Vec<_>>(), expected);
    assert_eq!(reason(&spec, &ends[..1]), "It depends on `s0`, which failed.");
}

#[test]
fn a_failure_that_may_not_be_skipped_ends_the_run() {
    let spec = PipelineSpec::of(vec![stage(0, &[]), stage(1, &[])]);
    let ends = drive(&spec, &[], &[true, false]);
    assert_eq!(ends, [(name(0), StageStatus::Failed)]);
    let before = ended(&ends);
    assert_eq!(Plan::new(&spec, &before).next(), Step::Broken { stage: &spec.stages[0] });
}

#[test]
fn what_is_ahead_leaves_out_whatever_is_certain_to_be_skipped() {
    let mut spec = PipelineSpec::of(vec![stage(0, &[]), stage(1, &[]), stage(2, &[1]), stage(3, &[0])]);
    spec.stages[1].state = StageState::Disabled;
    let ahead = |before: &[End]| {
        let before = ended(before);
        Plan::new(&spec, &before).ahead().into_iter().map(|stage| stage.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ahead(&[]), [name(0), name(3)]);
    assert_eq!(ahead(&[(name(0), StageStatus::Skipped)]), []);
}

/// A valid pipeline, and for each of its stages whether it fails if it runs.
fn runs() -> impl Strategy<Value = (PipelineSpec, Vec<bool>)> {
    let one = (any::<u16>(), prop::bool::weighted(0.2), any::<bool>(), prop::bool::weighted(0.3));
    proptest::collection::vec(one, 1..=16).prop_map(|stages| {
        let fails = stages.iter().map(|(.., fails)| *fails).collect();
        let specs = stages.into_iter().enumerate().map(|(place, (on, is_disabled, may_skip, _))| {
            let before: Vec<usize> = (0..place).filter(|it| on >> it & 1 == 1).take(8).collect();
            let mut stage = stage(place, &before);
            stage.state = if is_disabled { StageState::Disabled } else { StageState::Enabled };
            stage.on_failure = if may_skip { OnFailure::Skip } else { OnFailure::Fail };
            stage
        });
        (PipelineSpec::of(specs.collect()), fails)
    })
}

proptest! {
    #[test]
    fn every_stage_is_told_once_and_none_runs_without_what_it_depends_on((spec, fails) in runs()) {
        prop_assert_eq!(spec.validate(), Ok(()));
        let told = drive(&spec, &[], &fails);
        let completed = |on: &StageName| told.contains(&(on.clone(), StageStatus::Completed));
        for (place, (stage, (told_name, status))) in spec.stages.iter().zip(&told).enumerate() {
            prop_assert_eq!(told_name, &stage.name, "stages are told in their order, each once");
            let can_run = stage.state == StageState::Enabled && stage.depends_on.iter().all(completed);
            let expected = match (can_run, fails[place]) {
                (false, _) => StageStatus::Skipped,
                (true, true) => StageStatus::Failed,
                (true, false) => StageStatus::Completed,
            };
            prop_assert_eq!(*status, expected, "{}", stage.name);
        }
        let is_broken = |stage: &StageSpec, status| status == StageStatus::Failed && stage.on_failure == OnFailure::Fail;
        let breaks = told.iter().zip(&spec.stages).position(|((_, status), stage)| is_broken(stage, *status));
        prop_assert_eq!(told.len(), breaks.map_or(spec.stages.len(), |place| place + 1));
    }

    #[test]
    fn a_run_that_goes_on_elsewhere_ends_as_if_it_had_not_moved(
        (spec, fails) in runs(),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = drive(&spec, &[], &fails);
        let (before, after) = whole.split_at(cut.index(whole.len() + 1));
        prop_assert_eq!(drive(&spec, &ended(before), &fails), after);
    }

    #[test]
    fn what_is_ahead_is_what_runs_if_nothing_fails((spec, _) in runs()) {
        let ends = drive(&spec, &[], &vec![false; spec.stages.len()]);
        let ran = ends.into_iter().filter(|(_, status)| *status == StageStatus::Completed).map(|(stage, _)| stage);
        let ahead = Plan::new(&spec, &[]).ahead().into_iter().map(|stage| stage.name.clone());
        prop_assert_eq!(ran.collect::<Vec<_>>(), ahead.collect::<Vec<_>>());
    }
}
