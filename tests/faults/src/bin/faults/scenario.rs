//! What is tried: each in a platform of its own.

mod accepts;
mod clocks;
mod duplicates;
mod failing_disk;
mod flushall;
mod late_accept;
mod redelivery;
mod redis_down;
mod storm;
mod syncs;
mod uploads;

use std::{path::Path, time::Duration};

use crate::report::Report;

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Scenario {
    /// Processes are ended, stopped, cut off, filled and emptied by chance.
    Storm,
    /// Wall clocks jump, one process after the other.
    Clocks,
    /// Redis loses 10,000 jobs.
    Flushall,
    /// A worker dies with a photo.
    Redelivery,
    /// Redis is away for a minute.
    RedisDown,
    /// Every job is delivered three times.
    Duplicates,
    /// A photo is accepted after the sweep gave its bytes up.
    LateAccept,
    /// Each acceptance waits for the disk.
    Syncs,
    /// The disk fails to keep what was written.
    FailingDisk,
    /// 64 uploads of 50 MiB at once.
    Uploads,
    /// How fast photos are accepted.
    Accepts,
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) photos: u64,
    pub(crate) kills: usize,
    pub(crate) seed: u64,
    /// The longest that anything may stay open after the last fault.
    pub(crate) patience: Duration,
}

impl Scenario {
    /// `dynamic` has the platform's programs, linked dynamically.
    pub(crate) async fn run(self, size: Size, dynamic: Option<&Path>, report: &mut Report) -> anyhow::Result<()> {
        match self {
            Self::Storm => storm::run(size, report).await,
            Self::Clocks => clocks::run(size, dynamic, report).await,
            Self::Flushall => flushall::run(size, report).await,
            Self::Redelivery => redelivery::run(size, report).await,
            Self::RedisDown => redis_down::run(size, report).await,
            Self::Duplicates => duplicates::run(size, report).await,
            Self::LateAccept => late_accept::run(size, report).await,
            Self::Syncs => syncs::run(size, report).await,
            Self::FailingDisk => failing_disk::run(size, report).await,
            Self::Uploads => uploads::run(size, report).await,
            Self::Accepts => accepts::run(size, report).await,
        }
    }
}
