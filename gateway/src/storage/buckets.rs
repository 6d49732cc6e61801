//! The buckets are made once the object store answers, and made again where somebody removed one.

use std::{sync::Arc, time::Duration};

use photo_core::port::{BlobStore, ErrorKind, PortError};
use photo_runtime::health::{Need, Told};
use tokio_util::sync::CancellationToken;

/// Wait before the next try.
const RETRY_WAIT: Duration = Duration::from_secs(1);
/// How often they are looked at once they are there.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// The platform's buckets, or its prefix in buckets that it shares.
pub(crate) struct Buckets {
    pub(crate) blobs: Arc<dyn BlobStore>,
    /// Whose they are marked as.
    pub(crate) platform_uid: String,
    /// Where it is told how they are.
    pub(crate) told: Told,
}

impl Buckets {
    /// Waits until all of them are there and marked as this platform's.
    pub(crate) async fn prepared(&self, stop: &CancellationToken) {
        while let Some(false) = stop.run_until_cancelled(self.prepare()).await {
            stop.run_until_cancelled(tokio::time::sleep(RETRY_WAIT)).await;
        }
    }

    /// Keeps them so until `stop`.
    pub(crate) async fn keep(&self, stop: &CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            self.prepared(stop).await;
        }
    }

    async fn prepare(&self) -> bool {
        let prepared = self.blobs.prepare(&self.platform_uid).await;
        match &prepared {
            Ok(()) => self.told.well(None),
            Err(error) => self.told.failed(need(error), error),
        }
        prepared.is_ok()
    }
}

/// A store that is away comes back, and photos wait for it. Where another platform sweeps, none may be accepted: it would
/// remove what it does not know.
fn need(error: &PortError) -> Need {
    if error.kind() == ErrorKind::Conflict { Need::Required } else { Need::Deferred }
}

#[cfg(test)]
mod tests {
    use photo_adapters::files::{FilesBlobStore, FilesConfig};
    use photo_core::port::Reason;
    use photo_runtime::health::{DependencyState, Health};

    use super::*;

    #[tokio::test]
    async fn a_removed_bucket_is_made_again_and_one_of_another_platform_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let health = Health::new("storage", CancellationToken::new());
        let blobs = Arc::new(FilesBlobStore::open(&FilesConfig { path: folder.path().to_owned() }).unwrap());
        let told = || -> DependencyState { health.report().dependencies["buckets"].clone() };
        let of = |platform_uid: &str| {
            let blobs = Arc::clone(&blobs) as Arc<dyn BlobStore>;
            Buckets { blobs, platform_uid: platform_uid.to_owned(), told: health.told("buckets") }
        };
        let buckets = of("first");
        assert_eq!(told().reason, Some(Reason::NotChecked));
        assert!(buckets.prepare().await && told().healthy && health.is_ready());
        let bucket = std::fs::read_dir(folder.path()).unwrap().filter_map(Result::ok).map(|entry| entry.path());
        let bucket = bucket.into_iter().find(|path| path.is_dir()).unwrap();
        std::fs::remove_dir_all(&bucket).unwrap();
        assert!(buckets.prepare().await && bucket.is_dir());
        assert!(!of("second").prepare().await);
        assert!(!told().healthy && !health.is_ready(), "nothing may be accepted into what another platform sweeps");
        std::fs::remove_dir_all(folder.path()).unwrap();
        assert!(!buckets.prepare().await);
        assert!(!told().healthy && health.is_ready(), "photos wait for a store that is away");
    }
}
