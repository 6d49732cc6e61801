//! Redis is away for a minute, and every upload is taken meanwhile.

use std::time::Duration;

use photo_stack::figures::{Goal, number};
use tokio::time::sleep;

use super::Size;
use crate::{
    client::{Crowd, Habit},
    place::{Needs, Place},
    report::Report,
};

const HABIT: Habit = Habit { clients: 4, rest: Duration::from_millis(100) };
const AWAY: Duration = Duration::from_mins(1);

/// Counts uploads that were not taken.
pub(crate) async fn run(size: Size, report: &mut Report) -> anyhow::Result<()> {
    let place = Place::new(Needs::default()).await?;
    place.redis()?.kill();
    let mut crowd = Crowd::begin(&place.stack, &place.ledger, HABIT)?;
    sleep(AWAY).await;
    crowd.check()?;
    let (accepted, errors) = (crowd.accepted(), crowd.unanswered());
    crowd.end().await?;
    place.redis()?.start_again().await?;
    report.tell("uploads_redis_down", number(accepted), "photos", Goal::AtLeast(1.0))?;
    report.must("upload_errors_redis_down", usize::try_from(errors)?, Goal::Exactly(0.0))?;
    place.end(size, report).await.map(drop)
}
