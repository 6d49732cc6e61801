//! Wall clocks jump, one process after the other, by seconds, an hour and a day, while clients upload. What is refused
//! meanwhile is refused for a while only: once all clocks are right again everything that was accepted comes to its end.

use std::{path::Path, time::Duration};

use anyhow::Context;
use fastrand::Rng;
use photo_stack::{
    StackOptions,
    figures::{Goal, number},
};
use tokio::time::sleep;

use super::Size;
use crate::{
    client::{Crowd, Habit},
    place::{Needs, Place},
    report::Report,
    wall_clock::{Owner, WallClocks},
};

const HABIT: Habit = Habit { clients: 4, rest: Duration::from_millis(100) };
const ROUNDS: usize = 3;
const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;
/// Each owner's clock jumps by seconds, an hour and a day: ahead and back, behind and back.
const JUMPS: usize = ROUNDS * Owner::ALL.len() * 3 * 4;

/// Uploads until each clock has jumped several times.
pub(crate) async fn run(size: Size, dynamic: Option<&Path>, report: &mut Report) -> anyhow::Result<()> {
    let programs = dynamic.context("clocks need programs that are linked dynamically: run `make faults`")?;
    let clocks = WallClocks::new()?;
    let options = StackOptions {
        programs: Some(programs.to_owned()),
        environment: clocks.environment(),
        ..StackOptions::default()
    };
    let place = Place::of(Needs::default(), options).await?;
    clocks.check(&place.stack)?;
    let mut crowd = Crowd::begin(&place.stack, &place.ledger, HABIT)?;
    let mut rng = Rng::with_seed(size.seed);
    let mut jumps = 0;
    for _ in 0..ROUNDS {
        let mut owners = Owner::ALL;
        rng.shuffle(&mut owners);
        for owner in owners {
            for by in [rng.i64(5..120), HOUR, DAY] {
                jumps += jump(&clocks, &mut rng, owner, by).await?;
                crowd.check()?;
            }
        }
    }
    let (accepted, refused) = (crowd.accepted(), crowd.unanswered());
    crowd.end().await?;
    // A process that was started again meanwhile is on nobody else's clock.
    clocks.check(&place.stack)?;
    report.tell("clock_jumps", number(jumps as u64), "jumps", Goal::AtLeast(number(JUMPS as u64)))?;
    report.tell("clock_accepted", number(accepted), "photos", Goal::AtLeast(1.0))?;
    // Were it none, no clock would have jumped.
    report.tell("clock_refused", number(refused), "uploads", Goal::AtLeast(1.0))?;
    let ended = place.end(size, report).await?;
    report.must("clock_lost", ended.findings.lost.len(), Goal::Exactly(0.0))?;
    report.must("clock_stuck", ended.findings.stuck.len(), Goal::Exactly(0.0))?;
    report.tell("clock_quiet_s", ended.quiet.as_secs_f64(), "s", Goal::AtMost(120.0))
}

/// Ahead and back, behind and back, or the other way about. How many jumps that were.
async fn jump(clocks: &WallClocks, rng: &mut Rng, owner: Owner, by: i64) -> anyhow::Result<usize> {
    let first = if rng.bool() { by } else { -by };
    let course = [first, 0, -first, 0];
    for seconds in course {
        clocks.set(owner, seconds)?;
        let longest = if seconds == 0 { 2_000 } else { 5_000 };
        sleep(Duration::from_millis(rng.u64(500..longest))).await;
    }
    Ok(course.len())
}
