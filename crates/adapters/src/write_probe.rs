//! Whether a dependency takes writes, found out by writing: seldom while it does, and at every look while it does not, so
//! that its recovery shows at once.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use photo_core::port::PortError;
use tokio::time::Instant;

/// How long a write that succeeded speaks for the next ones.
const TRUST: Duration = Duration::from_secs(30);

/// Remembers when a write succeeded last.
#[derive(Debug, Default)]
pub(crate) struct WriteProbe {
    passed: Mutex<Option<Instant>>,
}

impl WriteProbe {
    /// Writes with `prove`, unless that went well lately.
    pub(crate) async fn run<F>(&self, prove: impl FnOnce() -> F) -> Result<(), PortError>
    where
        F: Future<Output = Result<(), PortError>>,
    {
        let passed = *self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        if passed.is_some_and(|at| at.elapsed() < TRUST) {
            return Ok(());
        }
        let proved = prove().await;
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner) = proved.is_ok().then(Instant::now);
        proved
    }

    /// The next look writes: somebody's write has failed meanwhile.
    pub(crate) fn doubt(&self) {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use photo_core::port::ErrorKind;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_writes_seldom_while_writes_succeed_and_always_while_they_fail() {
        let (probe, writes, works) = (WriteProbe::default(), Cell::new(0), Cell::new(true));
        let look = async || {
            let write = || async {
                writes.set(writes.get() + 1);
                works.get().then_some(()).ok_or_else(|| PortError::new(ErrorKind::Denied, "writing"))
            };
            probe.run(write).await.is_ok()
        };
        assert!(look().await && look().await);
        assert_eq!(writes.get(), 1);
        tokio::time::advance(TRUST).await;
        works.set(false);
        assert!(!look().await && !look().await);
        assert_eq!(writes.get(), 3);
        works.set(true);
        assert!(look().await && look().await);
        assert_eq!(writes.get(), 4);
        probe.doubt();
        assert!(look().await);
        assert_eq!(writes.get(), 5);
    }
}
