//! A turn: the same photos through one contender, so many at a time, and what they took.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::try_join_all;

use crate::{
    client::{Client, Completed},
    photo::Photo,
    stacks::{Entrance, Part},
    usage::{self, Used},
};

/// What a turn took.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    /// From the first upload to the last word.
    pub(crate) time: Duration,
    /// From each photo's upload to the word that it is completed.
    pub(crate) photos: Vec<Duration>,
    /// What each part used.
    pub(crate) used: BTreeMap<Part, Used>,
    /// Length of all outputs.
    pub(crate) output_bytes: u64,
}

/// Sends the photos, `clients` at a time, and returns what that took and what is completed. The length of the outputs is
/// not known yet.
///
/// # Errors
/// Where a photo is not completed.
pub(crate) async fn run<'a>(
    entrance: &Entrance,
    photos: &[&'a Photo],
    clients: usize,
) -> anyhow::Result<(Turn, Vec<Completed<'a>>)> {
    let mut users = try_join_all((0..clients).map(|number| Client::connect(entrance, number))).await?;
    for (_, process) in &entrance.processes {
        usage::forget_peak(process)?;
    }
    let before = cpu(entrance)?;
    let queue = Mutex::new(photos.iter().copied().collect());
    let began = Instant::now();
    let completed = try_join_all(users.iter_mut().map(|user| drain(user, &queue))).await?.concat();
    let time = began.elapsed();
    let mut used = BTreeMap::new();
    for (part, after) in cpu(entrance)? {
        let cpu = after.saturating_sub(before.get(&part).copied().unwrap_or_default());
        used.insert(part, Used { cpu, peak_bytes: 0 });
    }
    for (part, process) in &entrance.processes {
        used.entry(*part).or_default().peak_bytes += usage::peak_bytes(process)?;
    }
    let turn = Turn { time, photos: completed.iter().map(|photo| photo.time).collect(), used, output_bytes: 0 };
    Ok((turn, completed))
}

fn cpu(entrance: &Entrance) -> anyhow::Result<BTreeMap<Part, Duration>> {
    entrance.processes.iter().map(|(part, process)| Ok((*part, usage::cpu(process)?))).collect()
}

async fn drain<'a>(user: &mut Client, queue: &Mutex<VecDeque<&'a Photo>>) -> anyhow::Result<Vec<Completed<'a>>> {
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let mut completed = Vec::new();
    while let Some(photo) = next() {
        completed.push(user.send(photo).await?);
    }
    Ok(completed)
}
