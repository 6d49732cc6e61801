//! An api process stands still between storing the bytes and accepting the photo, for so long that the sweep gives the
//! bytes up meanwhile.

use std::time::Duration;

use photo_runtime::failpoint::Failpoint;
use photo_stack::figures::Goal;

use super::Size;
use crate::{
    client::{Crowd, Habit},
    place::{Needs, Place},
    report::Report,
    wait::until,
};

const HABIT: Habit = Habit { clients: 1, rest: Duration::from_mins(1) };
const LIMIT: Duration = Duration::from_mins(2);

/// Whatever is accepted then has its bytes.
pub(crate) async fn run(size: Size, report: &mut Report) -> anyhow::Result<()> {
    let place = Place::new(Needs { grace_seconds: 3, ..Needs::default() }).await?;
    let pause = format!("{}=1=pause", Failpoint::ApiStored.name());
    place.stack.api.launch_with(&[("FAILPOINT", &pause)])?;
    place.stack.api.ready().await?;
    let mut crowd = Crowd::begin(&place.stack, &place.ledger, HABIT)?;
    let originals = || anyhow::Ok(place.store()?.keys("images", "local/originals/")?.len());
    until("the bytes are stored", LIMIT, async || Ok(originals()? == 1)).await?;
    until("the bytes are swept", LIMIT, async || Ok(originals()? == 0)).await?;
    report.must("accepted_too_early", usize::try_from(crowd.accepted())?, Goal::Exactly(0.0))?;
    place.stack.api.process()?.resume()?;
    crowd.until(1).await?;
    crowd.end().await?;
    place.end(size, report).await.map(drop)
}
