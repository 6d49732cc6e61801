//! A BullMQ client that is made anew once its connection broke: left alone it tries again only every five seconds.

use std::sync::Arc;

use photo_core::port::PortError;
use tokio::sync::Mutex;

/// At most one client, made at its first use.
pub(super) struct Reconnecting<T>(Mutex<Option<Arc<T>>>);

impl<T> Default for Reconnecting<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Reconnecting<T> {
    /// The client; where there is none, `connect` makes it while others wait for the same one.
    pub(super) async fn get(&self, connect: impl Future<Output = Result<T, PortError>>) -> Result<Arc<T>, PortError> {
        let mut slot = self.0.lock().await;
        if let Some(client) = &*slot {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(connect.await?);
        *slot = Some(Arc::clone(&client));
        Ok(client)
    }

    /// Forgets the client. Where somebody makes a new one at this moment, there is nothing to forget.
    pub(super) fn forget(&self) {
        if let Ok(mut slot) = self.0.try_lock() {
            *slot = None;
        }
    }
}
