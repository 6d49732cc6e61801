//! A BullMQ client that is made anew once its connection broke: left alone it tries again only every five seconds.

use std::sync::Arc;

use photo_core::port::{ErrorKind, PortError};
use tokio::sync::Mutex;

/// At most one client, made at its first use.
pub(super) struct Reconnecting<T>(Mutex<Option<(u64, Arc<T>)>>);

impl<T> Default for Reconnecting<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Reconnecting<T> {
    /// The client of this generation of the endpoint; where there is none, `connect` makes it while others wait for the
    /// same one.
    pub(super) async fn get(
        &self,
        generation: u64,
        connect: impl Future<Output = Result<T, PortError>>,
    ) -> Result<Arc<T>, PortError> {
        let mut slot = self.0.lock().await;
        if let Some((made_in, client)) = &*slot
            && *made_in == generation
        {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(connect.await?);
        *slot = Some((generation, Arc::clone(&client)));
        Ok(client)
    }

    /// Passes an answer on, and forgets the client that gave it where its connection may have broken.
    pub(super) fn forget_if_unavailable<A>(&self, answer: Result<A, PortError>) -> Result<A, PortError> {
        if answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unavailable) {
            self.forget();
        }
        answer
    }

    /// Forgets the client. Where somebody makes a new one at this moment, there is nothing to forget.
    pub(super) fn forget(&self) {
        if let Ok(mut slot) = self.0.try_lock() {
            *slot = None;
        }
    }
}
