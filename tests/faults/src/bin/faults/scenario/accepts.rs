//! How many photos the storage role accepts in a second, each durable before it is answered, beside how often the same
//! disk makes a write durable.

use std::{
    fs::File,
    io::{Seek, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use photo_core::contract::sample;
use photo_stack::figures::{Goal, number};
use tokio::task::JoinSet;

use super::Size;
use crate::{
    place::{Needs, Place},
    report::Report,
};

const TIME: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 64;
/// As much as SQLite writes of a page.
const BLOCK: [u8; 4096] = [0x5a; 4096];
const BLOCKS: u64 = 1_000;

/// Measures both on the same disk, one after the other. Nobody works on what is accepted meanwhile.
pub(crate) async fn run(_: Size, report: &mut Report) -> anyhow::Result<()> {
    let place = Place::new(Needs { workers: 0, ..Needs::default() }).await?;
    place.redis()?.kill();
    let folder = place.stack.folder().to_owned();
    let raw = tokio::task::spawn_blocking(move || fsyncs(&folder)).await??;
    let alone = accepts(&place, 1).await?;
    let together = accepts(&place, AT_ONCE).await?;
    report.tell("accepts_per_s", together, "1/s", Goal::AtLeast(raw.round()))?;
    report.tell("accepts_alone_per_s", alone, "1/s", Goal::Peer)?;
    report.tell("raw_fsyncs_per_s", raw, "1/s", Goal::Peer)
}

/// Writes that were made durable in a second, over what a file has already: it does not grow, as a write-ahead log that was
/// begun again does not.
fn fsyncs(folder: &Path) -> anyhow::Result<f64> {
    let mut file = File::create(folder.join("raw"))?;
    for _ in 0..BLOCKS {
        file.write_all(&BLOCK)?;
    }
    file.sync_all()?;
    let began = Instant::now();
    let mut count = 0;
    while began.elapsed() < TIME {
        if count % BLOCKS == 0 {
            file.rewind()?;
        }
        file.write_all(&BLOCK)?;
        file.sync_data()?;
        count += 1;
    }
    Ok(number(count) / began.elapsed().as_secs_f64())
}

/// Photos that were accepted in a second by that many callers.
async fn accepts(place: &Place, callers: usize) -> anyhow::Result<f64> {
    let (count, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut calling = JoinSet::new();
    let token = place.stack.keys.role_token("api", Duration::from_mins(5))?;
    let url = format!("{}/internal/photos", place.stack.storage.url());
    let http = reqwest::Client::builder().timeout(TIME).no_proxy().build()?;
    let pipeline = Place::pipeline()?;
    for _ in 0..callers {
        let (count, token, url, http) = (Arc::clone(&count), token.clone(), url.clone(), http.clone());
        let pipeline = pipeline.clone();
        calling.spawn(async move {
            while began.elapsed() < TIME {
                let photo = sample::new_photo(&sample::owner(), &pipeline);
                http.post(&url).bearer_auth(&token).json(&photo).send().await?.error_for_status()?;
                count.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = calling.join_next().await {
        ended??;
    }
    Ok(number(count.load(Ordering::Relaxed)) / began.elapsed().as_secs_f64())
}
