//! Rounds in which every peer does every photo once, so that what drifts on the machine meets all of them alike.

use crate::{
    fleet::Peer,
    job::{Job, Order},
    photo_set::Photo,
    samples::Samples,
};

/// The order of `count` peers on their turn number `turn`: every turn begins with another, every second runs backwards.
pub(crate) fn order(count: usize, turn: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.rotate_left(turn % count.max(1));
    if turn % 2 == 1 {
        places.reverse();
    }
    places
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_begins_with_another_and_runs_both_ways() {
        let orders: Vec<_> = (0..4).map(|turn| order(3, turn)).collect();
        assert_eq!(orders, [vec![0, 1, 2], vec![0, 2, 1], vec![2, 0, 1], vec![2, 1, 0]]);
        assert_eq!(order(0, 5), Vec::<usize>::new());
    }
}
