//! The disk says that it could not keep what was written: nothing of it is acknowledged, the process ends, and the next one
//! goes on from what there is.

use std::time::Duration;

use photo_stack::figures::Goal;

use super::Size;
use crate::{
    client::{Crowd, Habit},
    place::{Needs, Place},
    report::Report,
    tracer::Tracer,
    wait::until,
};

const HABIT: Habit = Habit { clients: 4, rest: Duration::from_millis(50) };
const BEFORE: u64 = 20;
const AFTER: u64 = 100;
const LIMIT: Duration = Duration::from_mins(1);

/// Fails the disk under load.
pub(crate) async fn run(size: Size, report: &mut Report) -> anyhow::Result<()> {
    let place = Place::new(Needs::default()).await?;
    let mut crowd = Crowd::begin(&place.stack, &place.ledger, HABIT)?;
    crowd.until(BEFORE).await?;
    let process = place.stack.storage.process()?;
    let tracer = Tracer::fail(process.pid(), place.stack.folder()).await?;
    until("the storage role ends, whose disk fails", LIMIT, async || Ok(!process.is_running())).await?;
    let is_told = process.exit_status()?.is_some_and(|status| !status.success());
    report.must("ended_as_if_well", usize::from(!is_told), Goal::Exactly(0.0))?;
    tracer.syncs()?;
    place.stack.storage.start().await?;
    crowd.until(AFTER).await?;
    crowd.end().await?;
    place.end(size, report).await.map(drop)
}
