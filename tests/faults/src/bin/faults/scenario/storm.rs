//! Everything at once, by chance: clients upload while processes are ended, stopped, cut off, filled and emptied.

use std::collections::BTreeMap;

use anyhow::Context;
use fastrand::Rng;
use photo_stack::figures::{Goal, number};

use super::Size;
use crate::{
    client::{Crowd, Habit},
    fault::{Fault, Hit, Target},
    place::{Needs, Place},
    report::Report,
};

/// The least of the kills that each of the processes gets, where every one gets its share of 200.
const EACH_OF_200: usize = 20;

/// Seconds that an object may be without a photo: longer than anybody stands still.
const GRACE_SECONDS: u64 = 30;

/// How the clients behave: together they upload about as fast as two workers process.
const HABIT: Habit = Habit { clients: 8, rest: std::time::Duration::from_millis(250) };

/// Runs until enough was accepted and enough was ended.
pub(crate) async fn run(size: Size, report: &mut Report) -> anyhow::Result<()> {
    let needs = Needs { has_small_disks: true, grace_seconds: GRACE_SECONDS, ..Needs::default() };
    let place = Place::new(needs).await?;
    let mut crowd = Crowd::begin(&place.stack, &place.ledger, HABIT)?;
    let mut rng = Rng::with_seed(size.seed);
    let mut hits: BTreeMap<Hit, usize> = BTreeMap::new();
    let mut targets = Target::ALL.into_iter().cycle();
    let each = size.kills * EACH_OF_200 / 200;
    while kills(&hits) < size.kills || fewest(&hits) < each || crowd.accepted() < size.photos {
        let fault = Fault::choose(&mut rng, targets.next().context("there is nobody to hit")?);
        let hit = fault.happen(&place, &mut rng).await.with_context(|| format!("{fault:?}"))?;
        *hits.entry(hit).or_default() += 1;
        crowd.check()?;
    }
    let accepted = crowd.accepted();
    crowd.end().await?;
    for (what, times) in &hits {
        report.say(&format!("{times:>5} x {what}"))?;
    }
    let quiet = place.end(size, report).await?.quiet;
    report.tell("accepted", number(accepted), "photos", Goal::AtLeast(number(size.photos)))?;
    report.tell("kills", number(kills(&hits) as u64), "kills", Goal::AtLeast(number(size.kills as u64)))?;
    report.tell("kills_of_each", number(fewest(&hits) as u64), "kills", Goal::AtLeast(number(each as u64)))?;
    let at_steps =
        hits.iter().filter(|(hit, _)| matches!(hit, Hit::KilledAt(..))).map(|(_, times)| times).sum::<usize>();
    let half = number(kills(&hits) as u64) / 2.0;
    report.tell("kills_at_failpoints", number(at_steps as u64), "kills", Goal::AtLeast(half))?;
    report.tell("quiet_s", quiet.as_secs_f64(), "s", Goal::AtMost(120.0))
}

/// How many processes were ended.
fn kills(hits: &BTreeMap<Hit, usize>) -> usize {
    hits.iter().filter(|(hit, _)| hit.killed().is_some()).map(|(_, times)| times).sum()
}

/// How often the one was ended that was ended least often.
fn fewest(hits: &BTreeMap<Hit, usize>) -> usize {
    let of = |target| hits.iter().filter(|(hit, _)| hit.killed() == Some(target)).map(|(_, times)| times).sum();
    Target::ALL.into_iter().map(of).min().unwrap_or_default()
}
