//! The slots of a worker, kept from photo to photo, and the run of one photo's stages in them.

use std::sync::{Mutex, PoisonError};

use photo_core::pipeline::PipelineSpec;
use photo_stages::{StageFailure, StageUpdate};

use super::{
    child::{Slot, SlotStartError},
    command::SlotCommand,
    course::Course,
    follow::{self, Broken, Tell},
    memory::SlotMemory,
    setup::{MarkFile, Setup},
    spawner::Spawner,
};

/// Processes in which stages run, as many as there are photos at the same time. Dropping it ends them.
#[derive(Debug)]
pub struct Slots {
    setup: Setup,
    idle: Mutex<Vec<Slot>>,
    spawner: Spawner,
}

/// Why stages did not come to their end.
#[derive(Debug, thiserror::Error)]
pub enum StagesError {
    /// A stage failed that the pipeline can't do without.
    #[error(transparent)]
    Stage(#[from] StageFailure),
    /// There was no slot for them.
    #[error(transparent)]
    NoSlot(#[from] SlotStartError),
}

impl Slots {
    /// Slots that are processes of `command` with so much memory each, which have the images that pipelines lay onto
    /// pictures. The first is started now, which shows that they do; more are started when they are needed.
    ///
    /// # Errors
    /// Where it does not become ready, also because of an image; the text says what it said.
    pub async fn start(command: SlotCommand, memory: SlotMemory, marks: Vec<MarkFile>) -> Result<Self, SlotStartError> {
        let spawner = Spawner::start().map_err(SlotStartError::Spawn)?;
        let setup = Setup { command, memory, marks };
        let first = Slot::start(&spawner, &setup).await?;
        Ok(Self { setup, idle: Mutex::new(vec![first]), spawner })
    }

    /// Runs the stages of `spec` over the upload `original` as [`photo_stages::run`] does, and tells the same, but in a
    /// process of their own: its death, its silence after a stage's timeout, and whatever it says out of turn are the
    /// failure of the stage under way. With `onFailure: Skip` the stages after it run in a fresh process.
    ///
    /// Dropping the future kills the process at once.
    ///
    /// # Errors
    /// Where a stage with `onFailure: Fail` failed, which was told before, or no process can be started.
    pub async fn run(&self, spec: &PipelineSpec, original: &[u8], tell: &mut Tell<'_>) -> Result<(), StagesError> {
        let mut course = Course::of(spec);
        while !course.is_over() {
            let mut slot = self.take().await?;
            match follow::follow(&mut slot, &mut course, self.setup.memory, original, tell).await {
                Ok(()) if course.wore_the_slot() => drop(slot.kill().await),
                Ok(()) => self.put_back(slot),
                Err(broken) => {
                    if let Some(failure) = bury(slot, &mut course, &broken).await {
                        tell(StageUpdate::Failed { failure });
                    }
                }
            }
        }
        course.failed().cloned().map_or(Ok(()), |failure| Err(failure.into()))
    }

    async fn take(&self) -> Result<Slot, SlotStartError> {
        while let Some(mut slot) = self.pop() {
            if slot.is_alive() {
                return Ok(slot);
            }
            let end = slot.end().await;
            tracing::warn!(%end, "a slot has ended between two photos");
        }
        Slot::start(&self.spawner, &self.setup).await
    }

    fn pop(&self) -> Option<Slot> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put_back(&self, slot: Slot) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(slot);
    }
}

/// Ends a slot that broke off, and the stage that it broke off in.
async fn bury(slot: Slot, course: &mut Course<'_>, broken: &Broken) -> Option<StageFailure> {
    let death = if broken.is_silence() { slot.kill().await } else { slot.end().await };
    tracing::warn!(%broken, end = %death, "a slot is replaced");
    course.break_off(broken.cause(&death), format!("{broken}; {death}"))
}

#[cfg(test)]
mod tests;
