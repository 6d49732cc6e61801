//! Every job is delivered three times: a foreign producer adds the same work under other ids while workers are busy.

use std::time::Duration;

use anyhow::Context;
use bullmq::{JobOptions, Queue, QueueOptions, options::RedisConnectionOptions};
use photo_core::{
    id::PhotoId,
    job::{Job, SCHEMA_VERSION},
    photo::PhotoStatus,
    pipeline::PipelineState,
    priority::Priority,
    trace::TraceParent,
};
use photo_faults::ledger::Promise;
use photo_stack::figures::{Goal, number};

use super::Size;
use crate::{
    client::{Crowd, Habit},
    place::{Needs, Place},
    report::Report,
    wait::until,
};

const HABIT: Habit = Habit { clients: 8, rest: Duration::ZERO };
const PHOTOS: u64 = 300;
const FOREIGN: [&str; 2] = ["second", "third"];
const LIMIT: Duration = Duration::from_mins(5);

/// Has each photo delivered three times; what came of it is the audit's to say.
pub(crate) async fn run(size: Size, report: &mut Report) -> anyhow::Result<()> {
    let place = Place::new(Needs::default()).await?;
    place.set(PipelineState::Paused).await?;
    let mut crowd = Crowd::begin(&place.stack, &place.ledger, HABIT)?;
    crowd.until(PHOTOS).await?;
    crowd.end().await?;
    let promises = place.promises()?;
    let queue = connect(&place).await?;
    // Before our own jobs and side by side, so that two workers have the same photo at the same time.
    for photo in promises.iter().map(|promise| promise.photo) {
        for name in FOREIGN {
            add(&queue, photo, name).await?;
        }
    }
    place.set(PipelineState::Running).await?;
    let ended = until_all_jobs_ended(&place, promises.len() * (1 + FOREIGN.len())).await?;
    report.tell("deliveries", number(ended), "jobs", Goal::AtLeast(number(3 * promises.len() as u64)))?;
    let completed = completed(&place, &promises).await?;
    report.must("completed_of_duplicates", completed, Goal::Exactly(number(promises.len() as u64)))?;
    place.end(size, report).await.map(drop)
}

async fn connect(place: &Place) -> anyhow::Result<Queue> {
    let connection = RedisConnectionOptions { url: place.redis()?.url(), ..RedisConnectionOptions::default() };
    let options = QueueOptions::new().connection(connection).prefix("bull");
    Ok(Queue::with_options(Place::pipeline()?.as_str(), options).await?)
}

async fn add(queue: &Queue, photo: PhotoId, name: &str) -> anyhow::Result<()> {
    let job = Job {
        schema_version: SCHEMA_VERSION,
        photo_id: photo,
        pipeline: Place::pipeline()?,
        generation: 1,
        priority: Priority::try_from(1)?,
        traceparent: TraceParent::generate(),
    };
    let id = format!("{name}-{photo}");
    let options = JobOptions { job_id: Some(id), priority: Some(job.priority.get().into()), ..JobOptions::default() };
    queue.add("process-photo", serde_json::to_value(&job)?).options(options).await?;
    Ok(())
}

/// Waits until that many jobs have ended well, as the queue remembers them. How many have.
async fn until_all_jobs_ended(place: &Place, jobs: usize) -> anyhow::Result<u64> {
    let mut ended = 0;
    let all_ended = async || {
        let answer = place.redis()?.ask("ZCARD bull:full-processing:completed").await?;
        ended = answer.trim_start_matches(':').parse().with_context(|| answer.clone())?;
        anyhow::Ok(ended >= jobs as u64)
    };
    until(&format!("{jobs} jobs have ended"), LIMIT, all_ended).await?;
    Ok(ended)
}

async fn completed(place: &Place, promises: &[Promise]) -> anyhow::Result<usize> {
    let mut completed = 0;
    for number in 0..HABIT.clients {
        let photos = place.stack.photos_of(&format!("client-{number}"))?.list().await?;
        completed += photos
            .iter()
            .filter(|photo| photo.status == PhotoStatus::Completed)
            .filter(|photo| promises.iter().any(|promise| promise.photo == photo.id))
            .count();
    }
    Ok(completed)
}
