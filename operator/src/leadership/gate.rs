//! The gate before every write: open while we are sure to hold the Lease.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

/// A write was wanted while another operator may be acting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this operator does not hold the lease: another one may be acting")]
pub struct NotLeading;

/// Open until a deadline on the monotonic clock, which each renewal of the Lease moves on. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Mutex<Option<Instant>>>);

impl Gate {
    /// Opens it until then.
    pub fn open_until(&self, deadline: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(deadline);
    }

    /// Closes it.
    pub fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether a write may begin now.
    ///
    /// # Errors
    /// It may not.
    pub fn pass(&self) -> Result<(), NotLeading> {
        let deadline = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if deadline.is_some_and(|deadline| Instant::now() < deadline) { Ok(()) } else { Err(NotLeading) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_closes_by_itself_at_its_deadline() {
        let gate = Gate::default();
        assert_eq!(gate.pass(), Err(NotLeading));
        gate.open_until(Instant::now() + Duration::from_secs(10));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(gate.pass(), Ok(()));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(gate.pass(), Err(NotLeading));
    }
}
