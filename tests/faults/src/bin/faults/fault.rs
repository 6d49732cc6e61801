//! What happens to the processes, and how it is brought about.

use std::{fmt, time::Duration};

use anyhow::Context;
use fastrand::Rng;
use photo_runtime::failpoint::Failpoint;
use photo_stack::role::Role;
use tokio::time::{sleep, timeout};

use crate::{
    network::{self, Manner},
    place::Place,
};

/// Who is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Api,
    Storage,
    Worker,
    Events,
    Redis,
    Store,
}

impl Target {
    pub(crate) const ALL: [Self; 6] = [Self::Api, Self::Storage, Self::Worker, Self::Events, Self::Redis, Self::Store];

    /// The steps at which it can be ended. Redis and the object store are programs of others, and have none.
    fn steps(self) -> &'static [Failpoint] {
        match self {
            Self::Api => &[Failpoint::ApiStored, Failpoint::ApiAccepted],
            Self::Storage => &[Failpoint::StorageChanged, Failpoint::StorageCommitted, Failpoint::RelayHandedOn],
            Self::Worker => &[Failpoint::WorkerBegun, Failpoint::WorkerStored, Failpoint::WorkerFinished],
            Self::Events => &[Failpoint::EventsRead],
            Self::Redis | Self::Store => &[],
        }
    }
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process ends at any moment.
    Kill(Target),
    /// It ends where it passes a step for that time.
    KillAt(Target, Failpoint, u32),
    /// It stands still for that time: all leases end meanwhile.
    Pause(Target, Duration),
    /// Nobody reaches it, or hardly, for that time.
    Cut(Target, Manner, Duration),
    /// It has no room for that time.
    Fill(Target, Duration),
    /// Redis loses everything, and goes on.
    Flush,
}

/// What came of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hit {
    Killed(Target),
    KilledAt(Target, &'static str),
    /// The step was not reached in time, so it was killed wherever it was.
    KilledBefore(Target, &'static str),
    Paused(Target),
    Cut(Target, &'static str),
    Filled(Target),
    Emptied,
}

impl Hit {
    /// Whose process ended.
    pub(crate) fn killed(self) -> Option<Target> {
        match self {
            Self::Killed(target) | Self::KilledAt(target, _) | Self::KilledBefore(target, _) => Some(target),
            Self::Paused(_) | Self::Cut(..) | Self::Filled(_) | Self::Emptied => None,
        }
    }
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed(target) => write!(f, "{target:?} killed"),
            Self::KilledAt(_, step) => write!(f, "killed at {step}"),
            Self::KilledBefore(_, step) => write!(f, "killed before {step}"),
            Self::Paused(target) => write!(f, "{target:?} stood still"),
            Self::Cut(target, manner) => write!(f, "{target:?} {manner}"),
            Self::Filled(target) => write!(f, "{target:?} full"),
            Self::Emptied => f.write_str("Redis emptied"),
        }
    }
}

/// A step that is not passed for so long will not be: the platform is busy elsewhere.
const STEP_LIMIT: Duration = Duration::from_secs(20);

impl Fault {
    /// Something that hits `target`: most often its end, where it can be at a step.
    pub(crate) fn choose(rng: &mut Rng, target: Target) -> Self {
        let short = Duration::from_millis(rng.u64(1_000..8_000));
        // A job is leased for 15 s.
        let long = Duration::from_secs(rng.u64(16..22));
        let manner = rng.choice(Manner::ALL).unwrap_or(Manner::BlackHole);
        match (rng.u8(..12), target) {
            (0, Target::Worker) => Self::Pause(target, long),
            (0, _) => Self::Pause(target, short),
            (1, Target::Worker) => Self::Kill(target),
            (1, _) => Self::Cut(target, manner, short),
            (2, Target::Storage | Target::Redis | Target::Store) => Self::Fill(target, short),
            (3, Target::Redis) => Self::Flush,
            _ => match rng.choice(target.steps().iter().copied()) {
                Some(step) if rng.u8(..10) > 0 => Self::KillAt(target, step, rng.u32(1..12)),
                _ => Self::Kill(target),
            },
        }
    }

    /// Makes it happen, and everything run again.
    pub(crate) async fn happen(self, place: &Place, rng: &mut Rng) -> anyhow::Result<Hit> {
        // Whatever it hits, it is busy.
        sleep(Duration::from_millis(rng.u64(50..500))).await;
        match self {
            Self::Kill(target) => {
                kill(place, rng, target).await?;
                Ok(Hit::Killed(target))
            }
            Self::KillAt(target, step, passes) => kill_at(role(place, rng, target)?, target, step, passes).await,
            Self::Pause(target, time) => {
                let process = match target {
                    Target::Redis => place.redis()?.process(),
                    Target::Store => place.store()?.process(),
                    Target::Api | Target::Storage | Target::Worker | Target::Events => {
                        role(place, rng, target)?.process()?
                    }
                };
                process.pause().await?;
                sleep(time).await;
                process.resume()?;
                Ok(Hit::Paused(target))
            }
            Self::Cut(target, manner, time) => {
                let port = match target {
                    Target::Redis => place.redis()?.port(),
                    Target::Store => place.store()?.port(),
                    Target::Api | Target::Storage | Target::Worker | Target::Events => role(place, rng, target)?.port(),
                };
                network::cut(port, manner)?;
                sleep(time).await;
                network::mend()?;
                Ok(Hit::Cut(target, manner.name()))
            }
            Self::Fill(target, time) => {
                fill(place, target, time).await?;
                Ok(Hit::Filled(target))
            }
            Self::Flush => {
                place.redis()?.flushall().await?;
                Ok(Hit::Emptied)
            }
        }
    }
}

async fn kill(place: &Place, rng: &mut Rng, target: Target) -> anyhow::Result<()> {
    match target {
        Target::Redis => {
            place.redis()?.kill();
            place.redis()?.start_again().await
        }
        Target::Store => {
            place.store()?.kill();
            place.store()?.start_again().await
        }
        Target::Api | Target::Storage | Target::Worker | Target::Events => {
            let role = role(place, rng, target)?;
            role.kill();
            role.start().await
        }
    }
}

async fn kill_at(role: &Role, target: Target, step: Failpoint, passes: u32) -> anyhow::Result<Hit> {
    role.launch_with(&[("FAILPOINT", &format!("{}={passes}", step.name()))])?;
    let has_ended = async {
        while role.process().is_ok_and(|process| process.is_running()) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let is_there = timeout(STEP_LIMIT, has_ended).await.is_ok();
    role.start().await?;
    Ok(if is_there { Hit::KilledAt(target, step.name()) } else { Hit::KilledBefore(target, step.name()) })
}

/// The storage role's and the store's disks are filled; Redis is told to hold less than it does.
async fn fill(place: &Place, target: Target, time: Duration) -> anyhow::Result<()> {
    if target == Target::Redis {
        place.redis()?.ask("CONFIG SET maxmemory 1mb").await?;
        sleep(time).await;
        return place.redis()?.ask("CONFIG SET maxmemory 0").await.map(drop);
    }
    let disks = place.disks.as_ref().context("there are no disks that can be filled")?;
    let disk = if target == Target::Store { &disks.objects } else { &disks.database };
    disk.fill()?;
    sleep(time).await;
    disk.free()
}

fn role<'a>(place: &'a Place, rng: &mut Rng, target: Target) -> anyhow::Result<&'a Role> {
    let stack = &place.stack;
    let role = match target {
        Target::Api => Some(&stack.api),
        Target::Storage => Some(&stack.storage),
        Target::Events => Some(&stack.events),
        Target::Worker => stack.workers.get(rng.usize(..stack.workers.len().max(1))),
        Target::Redis | Target::Store => None,
    };
    role.with_context(|| format!("{target:?} is no role that runs"))
}
