//! The orchestrator: which stage comes next, and which is skipped and why. Pure: it runs nothing itself.

use std::collections::BTreeMap;

use photo_core::{
    pipeline::{OnFailure, PipelineSpec, StageName, StageSpec, StageState},
    run::StageStatus,
};

use crate::update::EndedStage;

/// How far a run is through the stages of its pipeline.
#[derive(Debug, Clone)]
pub(crate) struct Plan<'a> {
    stages: &'a [StageSpec],
    ended: BTreeMap<&'a StageName, StageStatus>,
}

/// What a run does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// A stage runs.
    Run(&'a StageSpec),
    /// A stage is skipped.
    Skip {
        /// Which.
        stage: &'a StageSpec,
        /// Why, as a sentence for the photo's owner.
        reason: String,
    },
    /// A stage failed whose failure is the run's: no other stage is looked at.
    Broken {
        /// Which.
        stage: &'a StageSpec,
    },
    /// Every stage has ended.
    Done,
}

impl<'a> Plan<'a> {
    /// The plan of a run that goes on where `ended` says.
    pub(crate) fn new(spec: &'a PipelineSpec, ended: &'a [EndedStage]) -> Self {
        let ended = ended.iter().map(|it| (&it.stage, it.status)).collect();
        Self { stages: &spec.stages, ended }
    }

    /// What comes next; the same until [`Plan::end`] tells how it ended.
    pub(crate) fn next(&self) -> Step<'a> {
        for stage in self.stages {
            match self.ended.get(&stage.name) {
                None => return self.enter(stage),
                Some(StageStatus::Failed) if stage.on_failure == OnFailure::Fail => return Step::Broken { stage },
                Some(StageStatus::Completed | StageStatus::Failed | StageStatus::Skipped) => {}
            }
        }
        Step::Done
    }

    /// The stages that are still to run if each of them ends well, the next one first.
    pub(crate) fn ahead(&self) -> Vec<&'a StageSpec> {
        let mut imagined = self.clone();
        let mut ahead = Vec::new();
        loop {
            match imagined.next() {
                Step::Run(stage) => {
                    ahead.push(stage);
                    imagined.end(&stage.name, StageStatus::Completed);
                }
                Step::Skip { stage, .. } => imagined.end(&stage.name, StageStatus::Skipped),
                Step::Broken { .. } | Step::Done => return ahead,
            }
        }
    }

    /// The stages that have ended well, in their order.
    pub(crate) fn completed(&self) -> impl Iterator<Item = &'a StageSpec> {
        self.stages.iter().filter(|stage| self.ended.get(&stage.name) == Some(&StageStatus::Completed))
    }

    /// Notes how a stage ended.
    pub(crate) fn end(&mut self, stage: &'a StageName, status: StageStatus) {
        self.ended.insert(stage, status);
    }

    fn enter(&self, stage: &'a StageSpec) -> Step<'a> {
        match self.obstacle(stage) {
            None => Step::Run(stage),
            Some(reason) => Step::Skip { stage, reason },
        }
    }

    /// Why a stage can't run, once all stages before it have ended.
    fn obstacle(&self, stage: &StageSpec) -> Option<String> {
        match stage.state {
            StageState::Disabled => return Some("The stage is disabled.".to_owned()),
            StageState::Enabled => {}
        }
        stage.depends_on.iter().find_map(|on| match self.ended.get(on) {
            Some(StageStatus::Completed) => None,
            Some(StageStatus::Failed) => Some(format!("It depends on `{on}`, which failed.")),
            Some(StageStatus::Skipped) => Some(format!("It depends on `{on}`, which was skipped.")),
            None => Some(format!("It depends on `{on}`, which did not run.")),
        })
    }
}

#[cfg(test)]
mod tests;
