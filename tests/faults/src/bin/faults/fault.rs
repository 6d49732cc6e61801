//! What happens to the processes.

use std::time::Duration;

use anyhow::Context;
use fastrand::Rng;
use photo_runtime::failpoint::Failpoint;
use photo_stack::{Stack, role::Role};
use tokio::time::{sleep, timeout};

/// Who is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process ends at any moment.
    Kill(Target),
    /// It ends where it passes a step for that time.
    KillAt(Target, Failpoint, u32),
    /// A worker stands still for longer than its lease.
    Pause,
    /// Redis loses everything, and goes on.
    Flush,
}

/// A step that is not passed for so long will not be: the platform is busy elsewhere.
const STEP_LIMIT: Duration = Duration::from_secs(20);
/// Longer than a job is leased.
const STILL: Duration = Duration::from_secs(20);

impl Fault {
    /// Something that hits `target`: half of the time at a step, for the roles that have any.
    pub(crate) fn choose(rng: &mut Rng, target: Target) -> Self {
        let steps: &[Failpoint] = match target {
            Target::Api => &[Failpoint::ApiStored, Failpoint::ApiAccepted],
            Target::Storage => &[Failpoint::StorageChanged, Failpoint::StorageCommitted, Failpoint::RelayHandedOn],
            Target::Worker => &[Failpoint::WorkerBegun, Failpoint::WorkerStored, Failpoint::WorkerFinished],
            Target::Events => &[Failpoint::EventsRead],
            Target::Redis | Target::Store => &[],
        };
        match (rng.u8(..10), rng.choice(steps.iter().copied())) {
            (0, _) if target == Target::Worker => Self::Pause,
            (0..2, _) if target == Target::Redis => Self::Flush,
            (0..8, Some(step)) => Self::KillAt(target, step, rng.u32(1..20)),
            _ => Self::Kill(target),
        }
    }

    pub(crate) fn ends_a_process(self) -> bool {
        matches!(self, Self::Kill(_) | Self::KillAt(..))
    }

    /// Makes it happen, and everything run again. What happened in the end.
    pub(crate) async fn happen(self, stack: &Stack, rng: &mut Rng) -> anyhow::Result<String> {
        // Whatever it hits, it is busy.
        sleep(Duration::from_millis(rng.u64(50..500))).await;
        match self {
            Self::Kill(target) => {
                kill(stack, rng, target).await?;
                Ok(format!("{target:?} killed"))
            }
            Self::KillAt(target, step, passes) => {
                let role = role(stack, rng, target).context("only roles have steps")?;
                role.kill();
                role.launch_with(&[("FAILPOINT", &format!("{}={passes}", step.name()))])?;
                let has_ended = async {
                    while role.process().is_ok_and(|process| process.is_running()) {
                        sleep(Duration::from_millis(20)).await;
                    }
                };
                let is_there = timeout(STEP_LIMIT, has_ended).await.is_ok();
                role.start().await?;
                Ok(if is_there { step.name().to_owned() } else { format!("{target:?} killed before {}", step.name()) })
            }
            Self::Pause => {
                let worker = role(stack, rng, Target::Worker).context("there is no worker")?.process()?;
                worker.pause().await?;
                sleep(STILL).await;
                worker.resume()?;
                Ok("Worker stood still".to_owned())
            }
            Self::Flush => {
                stack.backing.redis.as_ref().context("there is no Redis")?.flushall().await?;
                Ok("Redis emptied".to_owned())
            }
        }
    }
}

async fn kill(stack: &Stack, rng: &mut Rng, target: Target) -> anyhow::Result<()> {
    match target {
        Target::Redis => {
            let redis = stack.backing.redis.as_ref().context("there is no Redis")?;
            redis.kill();
            redis.start_again().await
        }
        Target::Store => {
            let store = stack.backing.minio.as_ref().context("there is no store")?;
            store.kill();
            store.start_again().await
        }
        Target::Api | Target::Storage | Target::Worker | Target::Events => {
            let role = role(stack, rng, target).context("it is a role")?;
            role.kill();
            role.start().await
        }
    }
}

fn role<'a>(stack: &'a Stack, rng: &mut Rng, target: Target) -> Option<&'a Role> {
    match target {
        Target::Api => Some(&stack.api),
        Target::Storage => Some(&stack.storage),
        Target::Events => Some(&stack.events),
        Target::Worker => stack.workers.get(rng.usize(..stack.workers.len().max(1))),
        Target::Redis | Target::Store => None,
    }
}
