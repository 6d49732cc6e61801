//! Guards of the platform that `make faults-selftest` takes away one at a time, to see that `make faults` reports what is
//! lost then. In every other build they stand, and nothing here is left of them.

/// What keeps accepted photos from being lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Guard {
    /// Only the live run of a photo may finish it.
    CompareAndSet,
    /// What is to be told is written with what it tells of.
    Outbox,
    /// A key that the sweep has given up is not accepted any more.
    CondemnedKeys,
    /// A commit waits for the disk.
    Durability,
}

#[cfg(not(feature = "sabotage"))]
impl Guard {
    /// Whether it stands: always, in a build that ships.
    #[inline]
    pub const fn stands(self) -> bool {
        true
    }
}

#[cfg(feature = "sabotage")]
mod sabotage {
    use std::sync::OnceLock;

    use super::Guard;

    static REMOVED: OnceLock<Guard> = OnceLock::new();

    impl Guard {
        /// Whether it stands, in a build in which one may be taken away.
        pub fn stands(self) -> bool {
            REMOVED.get() != Some(&self)
        }

        /// Takes it away, for as long as the process lives.
        pub(crate) fn remove(self) {
            tracing::error!(guard = ?self, "SABOTAGE is set: this process loses photos");
            REMOVED.set(self).ok();
        }
    }
}
