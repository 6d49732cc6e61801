//! Uploads photos, several at a time, and follows the list of photos until each of them has ended.

use std::{fs, num::NonZeroUsize, time::Duration};

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use photo_core::{clock::Clock, id::PhotoId};
use photo_stack::photos::{PhotoView, Photos, Sample};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

/// How often the list is read.
const POLL: Duration = Duration::from_millis(100);
/// A platform on which no photo ends for this long has lost one.
const STALL_LIMIT: Duration = Duration::from_mins(1);

/// A photo that was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) sample: Sample,
    /// When the client began to send it.
    pub(crate) began: Timestamp,
    /// Its id, or why it was refused.
    pub(crate) accepted: Result<PhotoId, String>,
}

/// Sends all of `plan`, `parallel` at a time, and returns what was sent and the photos as they are in the end.
pub(crate) async fn upload(
    photos: &Photos,
    plan: &[Sample],
    parallel: NonZeroUsize,
) -> anyhow::Result<(Vec<Sent>, Vec<PhotoView>)> {
    let bar = bar(plan.len());
    let (tell_accepted, accepted) = watch::channel(None);
    let sending = async {
        let sends = stream::iter(plan).map(|sample| send(photos, sample, &bar));
        let sent: Vec<Sent> = sends.buffered(parallel.get()).try_collect().await?;
        tell_accepted.send_replace(Some(sent.iter().filter(|sent| sent.accepted.is_ok()).count()));
        anyhow::Ok(sent)
    };
    let ended = futures::future::try_join(sending, follow(photos, accepted, &bar)).await;
    bar.finish_and_clear();
    ended
}

async fn send(photos: &Photos, sample: &Sample, bar: &ProgressBar) -> anyhow::Result<Sent> {
    let bytes = fs::read(&sample.path).with_context(|| format!("reading {}", sample.path.display()))?;
    let began = Clock::System.now();
    let accepted = photos.upload(&sample.name, bytes).await.map(|photo| photo.id).map_err(|error| format!("{error:#}"));
    bar.set_message(format!("uploaded {}", sample.name));
    Ok(Sent { sample: sample.clone(), began, accepted })
}

/// Reads the list until as many photos have ended as were accepted, or none ends any more.
async fn follow(
    photos: &Photos,
    accepted: watch::Receiver<Option<usize>>,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<PhotoView>> {
    let mut ended_before = 0;
    let mut progress_at = Instant::now();
    loop {
        let all_sent = *accepted.borrow();
        let list = photos.list().await?;
        let ended = list.iter().filter(|photo| photo.status.is_terminal()).count();
        bar.set_position(ended as u64);
        if ended > ended_before || all_sent.is_none() {
            (ended_before, progress_at) = (ended, Instant::now());
        }
        let complete = all_sent.is_some_and(|accepted| ended >= accepted);
        if complete || progress_at.elapsed() > STALL_LIMIT {
            return Ok(list);
        }
        sleep(POLL).await;
    }
}

/// Shows itself in a terminal only.
fn bar(photos: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} photos ended  {elapsed_precise}  {msg}");
    ProgressBar::new(photos as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
