//! The most memory that a peer has while it does the largest photo, alone in processes that did nothing before.

use std::collections::BTreeMap;

use photo_bench_imaging::photo_set::{LARGEST, Photo};

use crate::{
    contender::Contender,
    fleet::{Peer, Programs},
    job::{Job, Order},
};

/// KiB of all processes of a contender.
pub(crate) type Peaks = BTreeMap<Contender, u64>;

/// Starts each contender anew for that one photo. Nothing is measured where the photo is not among `photos`.
///
/// # Errors
/// Where one does not start or fails.
pub(crate) async fn run(contenders: &[Contender], programs: &Programs, photos: &[Photo]) -> anyhow::Result<Peaks> {
    let mut peaks = Peaks::new();
    let Some(photo) = photos.iter().find(|photo| photo.is_called(LARGEST)) else { return Ok(peaks) };
    for contender in contenders {
        let mut peer = Peer::start(*contender, programs).await?;
        let answer = peer.run(&Order { photo: photo.path.clone(), job: Job::Full, out: None }).await?;
        peaks.insert(*contender, answer.peak_kb);
    }
    Ok(peaks)
}
