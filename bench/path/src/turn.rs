//! A turn: the same photos through one contender, so many at a time, and what they took.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::try_join_all;

use crate::{
    client::{Client, Completed},
    part::Part,
    photo::Photo,
    stacks::Entrance,
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
    let before = used(entrance)?;
    let queue = Mutex::new(photos.iter().copied().collect());
    let began = Instant::now();
    let completed = try_join_all(users.iter_mut().map(|user| drain(user, &queue))).await?.concat();
    let time = began.elapsed();
    let mut used = used(entrance)?;
    for (part, used) in &mut used {
        used.cpu = used.cpu.saturating_sub(before.get(part).map_or(Duration::ZERO, |before| before.cpu));
    }
    let turn = Turn { time, photos: completed.iter().map(|photo| photo.time).collect(), used, output_bytes: 0 };
    Ok((turn, completed))
}

/// So far. A worker's children are its slots; whose else they are does that part's work.
fn used(entrance: &Entrance) -> anyhow::Result<BTreeMap<Part, Used>> {
    let mut parts = BTreeMap::<Part, Used>::new();
    for (part, process) in &entrance.processes {
        let family = usage::of(process)?;
        let of_children = if *part == Part::Worker { Part::Slots } else { *part };
        for (part, used) in [(*part, Some(family.own)), (of_children, family.children)] {
            let Some(used) = used else { continue };
            let sum = parts.entry(part).or_default();
            *sum = sum.and(used);
        }
    }
    Ok(parts)
}

async fn drain<'a>(user: &mut Client, queue: &Mutex<VecDeque<&'a Photo>>) -> anyhow::Result<Vec<Completed<'a>>> {
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let mut completed = Vec::new();
    while let Some(photo) = next() {
        completed.push(user.send(photo).await?);
    }
    Ok(completed)
}
