//! `BlobStore` on S3: the crate `minio` against a real MinIO.

use std::sync::Arc;

use async_trait::async_trait;
use photo_adapters::s3::{S3BlobStore, S3Config};
use photo_core::{contract::Subject, port::BlobStore};
use photo_stack::minio_server::MinioServer;
use tempfile::TempDir;

/// A MinIO of its own with an adapter on it. Dropping it ends the server and removes its folder.
pub(crate) struct MinioSubject {
    server: MinioServer,
    store: Arc<S3BlobStore>,
    _folder: TempDir,
}

/// Starts a MinIO in a temporary folder and puts the adapter on it.
pub(crate) async fn subject() -> MinioSubject {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let server = MinioServer::start(folder.path()).await.expect("MinIO starts");
    let store = Arc::new(S3BlobStore::new(&config(&server)).expect("the configuration is usable"));
    MinioSubject { server, store, _folder: folder }
}

/// The configuration that reaches `server`, with the default buckets.
pub(crate) fn config(server: &MinioServer) -> S3Config {
    S3Config {
        minio_endpoint: server.endpoint(),
        minio_access_key: Some(server.access_key().into()),
        minio_access_key_file: None,
        minio_secret_key: Some(server.secret_key().into()),
        minio_secret_key_file: None,
        minio_region: "us-east-1".to_owned(),
        object_prefix: "laws".to_owned(),
        bucket_originals: "images".to_owned(),
        bucket_large_originals: "images-large".to_owned(),
        bucket_variants: "thumbnails".to_owned(),
        bucket_backups: "backups".to_owned(),
    }
}

#[async_trait]
impl Subject<dyn BlobStore> for MinioSubject {
    fn port(&self) -> Arc<dyn BlobStore> {
        Arc::clone(&self.store) as Arc<dyn BlobStore>
    }

    fn has_server(&self) -> bool {
        true
    }

    async fn kill_server(&self) {
        self.server.kill();
    }

    async fn start_server(&self) {
        self.server.start_again().await.expect("MinIO starts again");
    }
}
