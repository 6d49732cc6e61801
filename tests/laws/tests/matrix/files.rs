//! `BlobStore` in files, in this process. A kill drops the store with all calls under way, and the next life opens the
//! folder as it lies. That a SIGKILL does no more harm is shown in `crates/adapters/tests/files.rs`.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use photo_adapters::files::{FilesBlobStore, FilesConfig};
use photo_core::{
    blob_key::{BlobKey, BlobLocation, BlobScope, BucketPurpose},
    contract::Subject,
    media_type::MediaType,
    port::{
        BlobStore, ErrorKind, PortError,
        blob_store::{BlobBody, BlobEntry, BlobReader},
    },
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A store in a folder of its own.
pub(crate) struct FilesSubject {
    folder: TempDir,
    store: Arc<Mortal>,
}

/// Opens a store in a temporary folder.
pub(crate) fn subject() -> FilesSubject {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let subject = FilesSubject { folder, store: Arc::new(Mortal(Mutex::new(None))) };
    subject.open();
    subject
}

impl FilesSubject {
    fn open(&self) {
        let config = FilesConfig { path: self.folder.path().join("photos") };
        let store = Arc::new(FilesBlobStore::open(&config).expect("the folder opens"));
        *self.store.0.lock().unwrap() = Some(Life { store, death: CancellationToken::new() });
    }
}

#[async_trait]
impl Subject<dyn BlobStore> for FilesSubject {
    fn port(&self) -> Arc<dyn BlobStore> {
        Arc::clone(&self.store) as Arc<dyn BlobStore>
    }

    /// What answers while the store is dead is [`Mortal`], not the adapter.
    fn has_server(&self) -> bool {
        false
    }

    async fn kill_server(&self) {
        let Some(Life { store, death }) = self.store.0.lock().unwrap().take() else { return };
        death.cancel();
        // The folder can be opened again once nobody holds the store.
        while Arc::strong_count(&store) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn start_server(&self) {
        self.open();
    }
}

/// A store that can be taken away under its callers.
struct Mortal(Mutex<Option<Life>>);

#[derive(Clone)]
struct Life {
    store: Arc<FilesBlobStore>,
    death: CancellationToken,
}

impl Mortal {
    async fn call<T>(&self, call: impl AsyncFnOnce(&FilesBlobStore) -> Result<T, PortError>) -> Result<T, PortError> {
        let dead = || PortError::new(ErrorKind::Unavailable, "the store is dead");
        let Life { store, death } = self.0.lock().unwrap().clone().ok_or_else(dead)?;
        let answer = death.run_until_cancelled(call(&store)).await;
        answer.filter(|_| !death.is_cancelled()).ok_or_else(dead)?
    }
}

#[async_trait]
impl BlobStore for Mortal {
    async fn put(&self, location: &BlobLocation, media: MediaType, body: &BlobBody) -> Result<(), PortError> {
        self.call(async |store| store.put(location, media, body).await).await
    }

    async fn get(&self, location: &BlobLocation) -> Result<BlobReader, PortError> {
        self.call(async |store| store.get(location).await).await
    }

    async fn size(&self, location: &BlobLocation) -> Result<u64, PortError> {
        self.call(async |store| store.size(location).await).await
    }

    async fn copy(&self, source: &BlobLocation, target: &BlobKey) -> Result<(), PortError> {
        self.call(async |store| store.copy(source, target).await).await
    }

    async fn delete(&self, location: &BlobLocation) -> Result<(), PortError> {
        self.call(async |store| store.delete(location).await).await
    }

    fn pages(&self, bucket: BucketPurpose, scope: BlobScope) -> BoxStream<'_, Result<Vec<BlobEntry>, PortError>> {
        stream::once(self.call(async move |store| store.list(bucket, scope).await)).boxed()
    }

    async fn prepare(&self, owner: &str) -> Result<(), PortError> {
        self.call(async |store| store.prepare(owner).await).await
    }

    async fn ready(&self) -> Result<(), PortError> {
        self.call(async |store| store.ready().await).await
    }
}
