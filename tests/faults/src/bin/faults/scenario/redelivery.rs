//! A worker dies with a photo: how long until another one begins with it.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use photo_runtime::failpoint::Failpoint;
use photo_stack::figures::Goal;

use super::Size;
use crate::{
    client::{Crowd, Habit},
    place::{Needs, Place},
    report::Report,
    wait::until,
};

const HABIT: Habit = Habit { clients: 1, rest: Duration::from_millis(50) };
const TIMES: usize = 5;
const LIMIT: Duration = Duration::from_mins(2);

/// Measures it several times; the longest counts.
pub(crate) async fn run(size: Size, report: &mut Report) -> anyhow::Result<()> {
    let place = Place::new(Needs::default()).await?;
    let mut longest = Duration::ZERO;
    for time in 0..TIMES {
        let [dying, other] = &place.stack.workers[..] else { bail!("there are two workers") };
        other.kill();
        dying.launch_with(&[("FAILPOINT", &format!("{}=1", Failpoint::WorkerBegun.name()))])?;
        let crowd = Crowd::begin(&place.stack, &place.ledger, HABIT)?;
        let process = dying.process()?;
        until("the worker takes a photo, and dies", LIMIT, async || Ok(!process.is_running())).await?;
        let died = Instant::now();
        other.start().await?;
        crowd.end().await?;
        until_completed(&place).await.with_context(|| format!("time {time}"))?;
        longest = longest.max(died.elapsed());
    }
    report.tell("redelivery_s", longest.as_secs_f64(), "s", Goal::AtMost(35.0))?;
    place.end(size, report).await.map(drop)
}

/// Until no photo is open: the dead worker's is the last.
async fn until_completed(place: &Place) -> anyhow::Result<()> {
    let photos = place.stack.photos_of("client-0")?;
    until("no photo is open", LIMIT, async || {
        Ok(photos.pipelines().await?.iter().all(|pipeline| pipeline.queued + pipeline.processing == 0))
    })
    .await
}
