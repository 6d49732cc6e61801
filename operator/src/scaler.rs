//! Workers follow their queues: beside the reconcilers, each platform's storage role is asked for the numbers of its queues
//! once per poll period, and what [`crate::scaling`] decides of each pipeline is done. The events role follows its
//! connections by the same path.
//!
//! What was decided is kept in [`Scalings`](crate::scalings::Scalings), from which the reconcile of a pipeline tells its status. All that the scaler
//! remembers is found again when it is lost, at the price of some caution.

mod act;
mod crew;
mod events;
mod follow;
mod hold;
mod numbers;
mod round;
mod startup;
mod usage;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use kube::ResourceExt;
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use crate::{api::PhotoPlatform, context::Context};
use round::Watcher;

/// How often it is looked whose turn it is; polls are as exact as this.
const TICK: Duration = Duration::from_secs(1);

/// Platforms that are asked at the same time.
const CONCURRENCY: usize = 16;

/// Scales the workers of all platforms in the cache until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    let at_once = Arc::new(Semaphore::new(CONCURRENCY));
    let mut resting = HashMap::<String, Watcher>::new();
    let mut at_work = HashSet::<String>::new();
    let mut rounds = JoinSet::new();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = rounds.join_next() => match ended {
                Ok((uid, watcher)) => {
                    at_work.remove(&uid);
                    resting.insert(uid, watcher);
                }
                // Which platform it was is not known any more: all of them begin anew.
                Err(error) => {
                    tracing::error!(%error, "a round of scaling was broken off");
                    rounds.shutdown().await;
                    at_work.clear();
                }
            },
            _ = ticks.tick() => {
                let platforms = context.cache.platforms.state();
                forget_the_gone(&platforms, &mut resting, &context);
                for platform in platforms {
                    let uid = platform.uid().unwrap_or_default();
                    if at_work.contains(&uid) || resting.get(&uid).is_some_and(|watcher| !watcher.is_due(Instant::now())) {
                        continue;
                    }
                    let mut watcher = resting.remove(&uid).unwrap_or_default();
                    at_work.insert(uid.clone());
                    let (context, at_once) = (Arc::clone(&context), Arc::clone(&at_once));
                    rounds.spawn(async move {
                        // The semaphore is never closed.
                        let permit = at_once.acquire_owned().await;
                        watcher.round(&platform, &context).await;
                        drop(permit);
                        (uid, watcher)
                    });
                }
            }
        }
    }
    rounds.shutdown().await;
}

fn forget_the_gone(platforms: &[Arc<PhotoPlatform>], resting: &mut HashMap<String, Watcher>, context: &Context) {
    let there: HashSet<String> = platforms.iter().filter_map(|platform| platform.uid()).collect();
    for (_, mut watcher) in resting.extract_if(|uid, _| !there.contains(uid)) {
        watcher.forget(context);
    }
}
