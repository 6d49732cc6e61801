//! Making the buckets, once the object store answers.

use std::{sync::Arc, time::Duration};

use photo_core::port::BlobStore;
use tokio_util::sync::CancellationToken;

/// Wait before the next try.
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// Makes what is missing and marks it as this platform's; tries again until it is done.
pub(crate) async fn prepare(blobs: Arc<dyn BlobStore>, platform_uid: String, stop: CancellationToken) {
    let mut told = false;
    while let Some(prepared) = stop.run_until_cancelled(blobs.prepare(&platform_uid)).await {
        match prepared {
            Ok(()) => return tracing::info!("the buckets are ready"),
            Err(error) if !told => {
                tracing::warn!(error = error.chain(), "the buckets are not ready, trying again");
                told = true;
            }
            Err(_) => {}
        }
        stop.run_until_cancelled(tokio::time::sleep(RETRY_WAIT)).await;
    }
}
