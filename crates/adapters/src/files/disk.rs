//! Calls of the file system on threads of their own: so many at once, and none waited for longer than its limit.

use std::{sync::Arc, time::Duration};

use photo_core::port::{ErrorKind, PortError};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

/// Calls at once. A disk that hangs keeps this many of the runtime's 512 threads, and not one more.
const CALLS_MAX: usize = 32;

/// The disk, by turns.
#[derive(Debug)]
pub(super) struct Disk {
    turns: Arc<Semaphore>,
}

impl Disk {
    pub(super) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(CALLS_MAX)) }
    }

    /// Does `work`, which is told what is attempted, for its errors. Work that has begun is not interrupted: it ends
    /// later, and its turn with it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        attempt: String,
        work: impl FnOnce(&str) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let (turns, doing) = (Arc::clone(&self.turns), attempt.clone());
        let done = timeout(limit, async {
            let turn = turns.acquire_owned().await;
            let task = spawn_blocking(move || {
                let done = work(&doing);
                drop(turn);
                done
            });
            task.await
        });
        match done.await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => Err(PortError::caused(ErrorKind::Unavailable, attempt, error)),
            Err(_) => {
                let text = format!("{attempt}: the disk did not answer within {limit:?}");
                Err(PortError::new(ErrorKind::Unavailable, text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_disk_that_hangs_is_unavailable_and_keeps_its_turns_until_it_answers() {
        let (disk, limit) = (Disk::new(), Duration::from_millis(10));
        let (answers, hangs): (Vec<_>, Vec<_>) = (0..CALLS_MAX).map(|_| mpsc::channel::<()>()).unzip();
        for hang in hangs {
            let done = disk.run(limit, "looking".to_owned(), move |_| Ok(hang.recv())).await;
            assert_eq!(done.unwrap_err().to_string(), "looking: the disk did not answer within 10ms (unavailable)");
        }
        let done = disk.run(limit, "looking".to_owned(), |_| Ok(())).await;
        assert_eq!(done.unwrap_err().kind(), ErrorKind::Unavailable);
        drop(answers);
        disk.run(Duration::MAX, "looking".to_owned(), |_| Ok(())).await.unwrap();
    }
}
