//! Steps between two durable changes at which a test may end the process, as a crash would, or stop it, as a machine does
//! that has no time for it.
//!
//! They are in every build, so that what is tested is what ships. Without `FAILPOINT` in the environment each costs one
//! look at a flag.

use std::{
    str::FromStr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, anyhow};

/// A step, by what has just been done and what not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failpoint {
    /// The bytes of an upload are stored, and no photo names them.
    ApiStored,
    /// A photo is accepted, and its client has not heard of it.
    ApiAccepted,
    /// Changes of the metadata store are made, and not durable.
    StorageChanged,
    /// They are durable, and nobody who asked for them has heard of it.
    StorageCommitted,
    /// An event or a job was handed on, and the outbox still holds it.
    RelayHandedOn,
    /// A run has begun, and nothing of it is done.
    WorkerBegun,
    /// The outputs of a run are stored, and no photo names them.
    WorkerStored,
    /// A run has finished, and the queue still holds its job.
    WorkerFinished,
    /// An event was read, and no client has got it.
    EventsRead,
}

impl Failpoint {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::ApiStored,
        Self::ApiAccepted,
        Self::StorageChanged,
        Self::StorageCommitted,
        Self::RelayHandedOn,
        Self::WorkerBegun,
        Self::WorkerStored,
        Self::WorkerFinished,
        Self::EventsRead,
    ];

    /// Its name in `FAILPOINT`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ApiStored => "api.stored",
            Self::ApiAccepted => "api.accepted",
            Self::StorageChanged => "storage.changed",
            Self::StorageCommitted => "storage.committed",
            Self::RelayHandedOn => "relay.handed-on",
            Self::WorkerBegun => "worker.begun",
            Self::WorkerStored => "worker.stored",
            Self::WorkerFinished => "worker.finished",
            Self::EventsRead => "events.read",
        }
    }

    /// The process is at this step: it ends or stands still here and now, if it was asked to.
    pub fn pass(self) {
        let Some(armed) = ARMED.get() else { return };
        if armed.point == self && armed.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            armed.harm.happen();
        }
    }
}

/// Longer than the kernel takes to stop all threads.
const STOPPING: Duration = Duration::from_secs(1);

/// What happens to the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// It ends.
    Crash,
    /// It stands still until it is sent SIGCONT.
    Pause,
}

impl Harm {
    fn happen(self) {
        match self {
            // Nothing is flushed, nothing is dropped, nobody is told.
            Self::Crash => std::process::abort(),
            Self::Pause => {
                let stopped = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
                if let Err(error) = stopped {
                    tracing::error!(%error, "this process can't stop itself");
                }
                // Another thread may be the one that the signal stops first: this one goes no further meanwhile.
                std::thread::sleep(STOPPING);
            }
        }
    }
}

static ARMED: OnceLock<Armed> = OnceLock::new();

/// Where the process is to end.
#[derive(Debug, Clone, clap::Args)]
pub struct FailpointConfig {
    /// Ends the process at a step, as a crash would: `worker.stored=3` when it comes there the third time.
    /// `worker.stored=3=pause` stops it instead, until SIGCONT. For tests.
    #[arg(long, env = "FAILPOINT", hide = true)]
    failpoint: Option<Armed>,
    /// Takes a guard away, to see that its loss is noticed.
    #[cfg(feature = "sabotage")]
    #[arg(long, env = "SABOTAGE", value_enum, hide = true)]
    sabotage: Option<crate::guard::Guard>,
}

impl FailpointConfig {
    /// From now on the process ends there.
    pub fn arm(&self) {
        #[cfg(feature = "sabotage")]
        if let Some(guard) = self.sabotage {
            guard.remove();
        }
        let Some(armed) = &self.failpoint else { return };
        tracing::warn!(failpoint = armed.point.name(), "this process ends or stops itself: FAILPOINT is set");
        // A process arms itself once.
        ARMED.set(armed.clone()).ok();
    }
}

/// Where the process is to end, and how often it passes there until then. Clones share the number.
#[derive(Debug, Clone)]
struct Armed {
    point: Failpoint,
    left: Arc<AtomicU32>,
    harm: Harm,
}

impl FromStr for Armed {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (text, harm) = text.strip_suffix("=pause").map_or((text, Harm::Crash), |text| (text, Harm::Pause));
        let (name, passes) = text.split_once('=').unwrap_or((text, "1"));
        let point = Failpoint::ALL.into_iter().find(|point| point.name() == name).ok_or_else(|| {
            let names = Failpoint::ALL.map(Failpoint::name).join(", ");
            anyhow!("there is no step `{name}`; there are {names}")
        })?;
        let passes: u32 = passes.parse().ok().filter(|passes| *passes > 0).with_context(|| {
            format!("`{passes}` does not say how often the process comes to {name} until it ends there: 1 or more")
        })?;
        Ok(Self { point, left: Arc::new(AtomicU32::new(passes)), harm })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_and_a_number_are_read() {
        for (text, point, left, harm) in [
            ("worker.stored=3", Failpoint::WorkerStored, 3, Harm::Crash),
            ("storage.committed", Failpoint::StorageCommitted, 1, Harm::Crash),
            ("api.stored=2=pause", Failpoint::ApiStored, 2, Harm::Pause),
        ] {
            let armed: Armed = text.parse().unwrap();
            assert_eq!((armed.point, armed.left.load(Ordering::Relaxed), armed.harm), (point, left, harm), "{text}");
        }
        for refused in [
            "",
            "worker",
            "worker.stored=0",
            "worker.stored=",
            "worker.stored=-1",
            "Worker.Stored=1",
            "worker.stored=1=stop",
        ] {
            assert!(refused.parse::<Armed>().is_err(), "{refused}");
        }
    }

    #[test]
    fn a_process_that_nobody_armed_goes_on() {
        Failpoint::ALL.into_iter().for_each(Failpoint::pass);
    }
}
