//! The wall clocks of processes, which are moved while the processes run: a preloaded library (libfaketime) answers whoever
//! asks for the time of day by what a file says. Time that only runs, of timers and time limits, is left alone.
//!
//! It reaches programs that are linked dynamically: those of the platform in a build of their own, and Redis. `MinIO` is
//! static, so its clock is always right.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use photo_stack::{Stack, process::Process};
use tempfile::TempDir;

/// Where Debian puts libraries, each architecture in a folder of its own.
const LIBRARIES: &str = "/usr/lib";
/// That for programs of several threads.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// Debian's Redis takes memory from a library that asks for the time before it has any to give, which the clock's library
/// can't answer. This one of the C library comes before it.
const MEMORY_OF_REDIS: &str = "libc_malloc_debug.so.0";

/// Whose clock it is. Workers share theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Api,
    Storage,
    Worker,
    Events,
    Redis,
}

impl Owner {
    pub(crate) const ALL: [Self; 5] = [Self::Api, Self::Storage, Self::Worker, Self::Events, Self::Redis];

    /// What a stack calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Storage => "storage",
            Self::Worker => "worker",
            Self::Events => "events",
            Self::Redis => "redis",
        }
    }
}

/// A clock for each of them.
#[derive(Debug)]
pub(crate) struct WallClocks {
    library: PathBuf,
    folder: TempDir,
}

impl WallClocks {
    /// Clocks that are right.
    ///
    /// # Errors
    /// The library is not installed.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("photo-clocks-").tempdir()?;
        let clocks = Self { library: library()?, folder };
        Owner::ALL.into_iter().try_for_each(|owner| clocks.set(owner, 0))?;
        Ok(clocks)
    }

    /// The environment variables of each owner, as a stack takes them.
    pub(crate) fn environment(&self) -> BTreeMap<&'static str, BTreeMap<String, String>> {
        let variables = |owner| {
            let library = self.library.to_string_lossy();
            let preloaded =
                if owner == Owner::Redis { format!("{library} {MEMORY_OF_REDIS}") } else { library.into_owned() };
            BTreeMap::from([
                ("LD_PRELOAD".to_owned(), preloaded),
                ("FAKETIME_TIMESTAMP_FILE".to_owned(), self.file(owner).to_string_lossy().into_owned()),
                ("FAKETIME_NO_CACHE".to_owned(), "1".to_owned()),
                ("FAKETIME_DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
            ])
        };
        Owner::ALL.into_iter().map(|owner| (owner.name(), variables(owner))).collect()
    }

    /// Lets a clock jump: from now on it is off by that many seconds.
    pub(crate) fn set(&self, owner: Owner, seconds: i64) -> anyhow::Result<()> {
        // Never half written: it is read each time that somebody asks for the time.
        let new = self.file(owner).with_extension("new");
        fs::write(&new, format!("{seconds:+}\n"))?;
        Ok(fs::rename(new, self.file(owner))?)
    }

    /// Whether they are the clocks of all processes: a static program would go on by the machine's clock, and nothing would
    /// be tried.
    ///
    /// # Errors
    /// One is not, or has ended.
    pub(crate) fn check(&self, stack: &Stack) -> anyhow::Result<()> {
        for role in [&stack.api, &stack.storage, &stack.events].into_iter().chain(&stack.workers) {
            self.check_process(&*role.process()?)?;
        }
        let redis = stack.backing.redis.as_ref().context("there is no Redis")?;
        self.check_process(&redis.process())
    }

    fn check_process(&self, process: &Process) -> anyhow::Result<()> {
        let maps = fs::read_to_string(format!("/proc/{}/maps", process.pid()))?;
        let library = self.library.to_string_lossy();
        ensure!(maps.contains(&*library), "{} does not use {library}: is it static?", process.name());
        Ok(())
    }

    fn file(&self, owner: Owner) -> PathBuf {
        self.folder.path().join(owner.name())
    }
}

fn library() -> anyhow::Result<PathBuf> {
    let folders = fs::read_dir(LIBRARIES)?.filter_map(Result::ok).map(|folder| folder.path().join(LIBRARY));
    let library = folders.into_iter().find(|library: &PathBuf| Path::is_file(library));
    library
        .with_context(|| format!("{LIBRARIES}/*/{LIBRARY} is missing (Debian package libfaketime): run `make faults`"))
}
