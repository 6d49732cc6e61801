//! Redis loses everything while 10,000 photos are open and workers are busy; no process is started again.

use std::time::{Duration, Instant};

use anyhow::bail;
use photo_core::{
    job::{QueueNumbers, QueueReport},
    pipeline::PipelineState,
};
use photo_stack::figures::{Goal, number};

use super::Size;
use crate::{
    client::{Crowd, Habit},
    place::{Needs, Place},
    report::Report,
    wait,
};

const HABIT: Habit = Habit { clients: 16, rest: Duration::ZERO };
const LIMIT: Duration = Duration::from_mins(5);
const OPEN: u64 = 10_000;

/// Open photos, and jobs that a worker has or can get.
struct Numbers {
    open: u64,
    runnable: u64,
}

/// Measures how long it takes until each open photo has a job again.
pub(crate) async fn run(size: Size, report: &mut Report) -> anyhow::Result<()> {
    let place = Place::new(Needs::default()).await?;
    place.set(PipelineState::Paused).await?;
    let mut crowd = Crowd::begin(&place.stack, &place.ledger, HABIT)?;
    let open = OPEN.min(size.photos.saturating_mul(2));
    crowd.until(open).await?;
    crowd.end().await?;
    until(&place, "each has a job", |numbers| numbers.runnable >= numbers.open).await?;
    let before = numbers(&place).await?;
    report.tell("flushall_open", number(before.open), "photos", Goal::AtLeast(number(open)))?;
    place.set(PipelineState::Running).await?;
    until(&place, "workers are busy", |numbers| numbers.open < before.open).await?;
    let processes = processes(&place)?;
    place.redis()?.flushall().await?;
    let began = Instant::now();
    until(&place, "each has a job again", |numbers| numbers.runnable >= numbers.open).await?;
    report.tell("flushall_rebuilt_s", began.elapsed().as_secs_f64(), "s", Goal::AtMost(60.0))?;
    if processes != self::processes(&place)? {
        bail!("a process was started again");
    }
    place.end(size, report).await.map(drop)
}

async fn until(place: &Place, what: &str, is_so: impl Fn(&Numbers) -> bool) -> anyhow::Result<()> {
    wait::until(what, LIMIT, async || Ok(is_so(&numbers(place).await?))).await
}

/// Of one moment, as the operator sees it: jobs that were ended while this was asked are fewer than their photos at most.
async fn numbers(place: &Place) -> anyhow::Result<Numbers> {
    let photos = place.stack.photos_of("client-0")?;
    let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).no_proxy().build()?;
    let token = place.stack.keys.role_token("operator", Duration::from_mins(5))?;
    let url = format!("{}/internal/queues", place.stack.storage.url());
    let report: QueueReport = http.get(url).bearer_auth(token).send().await?.error_for_status()?.json().await?;
    let open = photos.pipelines().await?.iter().map(|pipeline| pipeline.queued + pipeline.processing).sum();
    Ok(Numbers { open, runnable: runnable(&report) })
}

fn runnable(report: &QueueReport) -> u64 {
    let jobs = |numbers: &QueueNumbers| numbers.waiting + numbers.prioritized + numbers.delayed + numbers.active;
    report.queues.iter().map(|row| jobs(&row.numbers)).sum()
}

fn processes(place: &Place) -> anyhow::Result<Vec<u32>> {
    let stack = &place.stack;
    let roles = [&stack.api, &stack.storage, &stack.events].into_iter().chain(&stack.workers);
    roles.map(|role| Ok(role.process()?.pid())).collect()
}
