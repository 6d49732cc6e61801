//! What a role does beside answering requests.

use tokio::task::JoinSet;

/// Tasks of a role. They end by themselves once the token that the role was given is cancelled; dropping this ends them
/// at once.
#[derive(Debug, Default)]
#[must_use = "dropping the tasks ends them"]
pub struct Tasks(JoinSet<anyhow::Result<()>>);

impl Tasks {
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn_fallible(async move {
            task.await;
            Ok(())
        });
    }

    /// The same for one whose error is that of the process.
    pub(crate) fn spawn_fallible(&mut self, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.0.spawn(task);
    }

    /// Waits until all of them have ended.
    ///
    /// # Errors
    /// One of them failed or panicked.
    pub async fn ended(mut self) -> anyhow::Result<()> {
        while let Some(ended) = self.0.join_next().await {
            ended??;
        }
        Ok(())
    }
}
