//! Rounds in which every peer does every photo once, so that what drifts on the machine meets all of them alike.

use photo_bench_imaging::{order::order, photo_set::Photo};

use crate::{
    fleet::Peer,
    job::{Job, Order},
    samples::Samples,
};

/// Has every peer do both jobs with every photo, as many times as there are rounds, one process at a time.
///
/// # Errors
/// Where a peer fails.
pub(crate) async fn run(peers: &mut [Peer], photos: &[Photo], rounds: usize) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    for round in 0..rounds {
        for (index, photo) in photos.iter().enumerate() {
            let places = order(peers.len(), round + index);
            for job in [Job::Full, Job::Thumbs] {
                turn(peers, &places, &Order { photo: photo.path.clone(), job, out: None }, &mut samples).await?;
            }
        }
    }
    Ok(samples)
}

/// Has every peer do one job, in that order.
async fn turn(peers: &mut [Peer], places: &[usize], order: &Order, samples: &mut Samples) -> anyhow::Result<()> {
    for place in places {
        let Some(peer) = peers.get_mut(*place) else { continue };
        let answer = peer.run(order).await?;
        samples.add(peer.contender, order.job, &order.photo, &answer);
    }
    Ok(())
}
