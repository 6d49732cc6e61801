//! How many photos per second two processes of a peer get through together.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Instant,
};

use photo_bench_imaging::{order::order as turns, photo_set::Photo};
use photo_stack::figures::number;

use crate::{
    contender::Contender,
    fleet::{Peer, Programs},
    job::{Job, Order},
};

/// Photos per second, one number of each round.
pub(crate) type Rates = BTreeMap<Contender, Vec<f64>>;

/// Takes the whole set through two processes of every contender, as many times as there are rounds.
///
/// # Errors
/// Where one does not start or fails.
pub(crate) async fn run(
    contenders: &[Contender],
    programs: &Programs,
    photos: &[Photo],
    rounds: usize,
) -> anyhow::Result<Rates> {
    // The longest first: at the end neither process waits long for the other.
    let mut photos: Vec<&Photo> = photos.iter().collect();
    photos.sort_by_key(|photo| std::cmp::Reverse(photo.bytes));
    let mut pairs = Vec::new();
    for contender in contenders {
        let mut pair = Pair([Peer::start(*contender, programs).await?, Peer::start(*contender, programs).await?]);
        // What is loaded and compiled at the first photo is not measured.
        pair.warm_up(&photos).await?;
        pairs.push((*contender, pair));
    }
    let mut rates = Rates::new();
    for round in 0..rounds {
        for place in turns(pairs.len(), round) {
            let Some((contender, pair)) = pairs.get_mut(place) else { continue };
            let rate = pair.photos_per_second(&photos).await?;
            rates.entry(*contender).or_default().push(rate);
        }
    }
    Ok(rates)
}

/// Two processes of one contender.
struct Pair([Peer; 2]);

impl Pair {
    async fn warm_up(&mut self, photos: &[&Photo]) -> anyhow::Result<()> {
        for peer in &mut self.0 {
            if let Some(photo) = photos.first() {
                peer.run(&order(photo)).await?;
            }
        }
        Ok(())
    }

    async fn photos_per_second(&mut self, photos: &[&Photo]) -> anyhow::Result<f64> {
        let queue = Mutex::new(photos.iter().copied().collect());
        let [first, second] = &mut self.0;
        let began = Instant::now();
        tokio::try_join!(drain(first, &queue), drain(second, &queue))?;
        Ok(number(photos.len() as u64) / began.elapsed().as_secs_f64())
    }
}

async fn drain(peer: &mut Peer, queue: &Mutex<VecDeque<&Photo>>) -> anyhow::Result<()> {
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    while let Some(photo) = next() {
        peer.run(&order(photo)).await?;
    }
    Ok(())
}

fn order(photo: &Photo) -> Order {
    Order { photo: photo.path.clone(), job: Job::Full, out: None }
}
