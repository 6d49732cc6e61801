//! Nothing is acknowledged that a loss of power would take back: each acceptance waits for the disk.

use std::time::Duration;

use photo_stack::figures::{Goal, number};

use super::Size;
use crate::{
    client::{Crowd, Habit},
    place::{Needs, Place},
    report::Report,
    tracer::Tracer,
};

/// One client: two acceptances never share a write.
const HABIT: Habit = Habit { clients: 1, rest: Duration::ZERO };
const PHOTOS: u64 = 100;

/// Counts the acceptances and the writes that were made durable.
pub(crate) async fn run(_: Size, report: &mut Report) -> anyhow::Result<()> {
    let place = Place::new(Needs { workers: 0, ..Needs::default() }).await?;
    // Nobody else changes anything then.
    place.redis()?.kill();
    let tracer = Tracer::watch(place.stack.storage.process()?.pid(), place.stack.folder()).await?;
    let mut crowd = Crowd::begin(&place.stack, &place.ledger, HABIT)?;
    crowd.until(PHOTOS).await?;
    let accepted = usize::try_from(crowd.accepted())?;
    let syncs = tracer.syncs()?;
    crowd.end().await?;
    report.tell("syncs", number(syncs as u64), "syncs", Goal::AtLeast(number(accepted as u64)))?;
    report.must("acknowledged_unsynced", accepted.saturating_sub(syncs), Goal::Exactly(0.0))
}
