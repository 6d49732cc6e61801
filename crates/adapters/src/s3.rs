//! Objects in an S3 store, spoken to with the `minio` crate in path style.
//!
//! Keys are `<prefix>/<BlobKey>`; nothing that a user wrote reaches a key or an object's metadata. The crate has no time
//! limits and no retries, so every request goes through `retry::call`.

mod body;
mod client;
mod config;
mod copy;
mod erase;
mod error;
mod prepare;
mod retry;
mod rights;
mod upload;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use futures::{
    StreamExt,
    future::try_join_all,
    stream::{self, BoxStream},
};
use minio::s3::{
    MinioClient,
    builders::ListObjects,
    error::{Error, ValidationErr},
    response::ListObjectsResponse,
    response_traits::HasS3Fields,
    types::{BucketName, ObjectKey, S3Api, ToStream},
};
use photo_core::{
    blob_key::{BlobKey, BlobLocation, BlobScope, BucketPurpose},
    media_type::MediaType,
    port::{
        BlobStore, ErrorKind, PortError, Reason,
        blob_store::{BlobBody, BlobEntry, BlobReader, erase_listed},
    },
};
use tokio::{sync::Semaphore, time::timeout};

use self::{
    body::Parts,
    client::ClientSource,
    config::Buckets,
    error::Fault,
    retry::{ANSWER, PROBE, call},
};
pub use self::{
    config::{InvalidS3Config, S3Config},
    rights::StoreRights,
};
use crate::{download, write_probe::WriteProbe};

/// Uploads at once: each holds one part of 8 MiB in memory, so they hold 96 MiB at most.
const UPLOADS_MAX: usize = 12;

/// How long an upload waits for the ones before it.
const UPLOAD_WAIT: Duration = Duration::from_mins(2);

/// A platform's part of an S3 object store.
#[derive(Debug)]
pub struct S3BlobStore {
    source: ClientSource,
    buckets: Buckets,
    prefix: String,
    uploads: Semaphore,
    rights: StoreRights,
    probe: WriteProbe,
}

/// An object, by the names that the server knows.
#[derive(Debug, Clone)]
struct Target {
    bucket: BucketName,
    key: ObjectKey,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket, self.key)
    }
}

/// Where a listing goes on.
enum Place {
    Start,
    /// After what this token of the server stands for.
    After(String),
    End,
}

impl S3BlobStore {
    /// The store that `config` describes. Nothing is asked of the server yet.
    pub fn new(config: &S3Config) -> Result<Self, InvalidS3Config> {
        Ok(Self {
            source: ClientSource::new(config)?,
            buckets: Buckets::from_config(config)?,
            prefix: config.prefix()?,
            uploads: Semaphore::new(UPLOADS_MAX),
            rights: StoreRights::default(),
            probe: WriteProbe::default(),
        })
    }

    fn target(&self, location: &BlobLocation) -> Result<Target, PortError> {
        self.target_of(location.bucket, &location.key.to_string())
    }

    fn target_of(&self, bucket: BucketPurpose, key: &str) -> Result<Target, PortError> {
        let key = ObjectKey::new(format!("{}/{key}", self.prefix))
            .map_err(|error| PortError::caused(ErrorKind::Invalid, format!("naming the object {key}"), error))?;
        Ok(Target { bucket: self.buckets.of(bucket).clone(), key })
    }

    /// The next page of a listing, and where the one after it begins.
    async fn entries(
        &self,
        bucket: BucketPurpose,
        start: String,
        place: Place,
    ) -> Result<Option<(Vec<BlobEntry>, Place)>, PortError> {
        let token = match place {
            Place::Start => None,
            Place::After(token) => Some(token),
            Place::End => return Ok(None),
        };
        let bucket = self.buckets.of(bucket);
        let page = self.page(bucket, &start, token.as_ref()).await;
        let page = page.map_err(|fault| fault.during(format_args!("listing {bucket}/{start}"), bucket))?;
        let Some(page) = page else { return Ok(None) };
        let platform = format!("{}/", self.prefix);
        let entries = page.contents.into_iter().filter(|entry| !entry.is_prefix).filter_map(|entry| {
            let key = entry.name.strip_prefix(&platform)?.to_owned();
            let is_blob = key != prepare::OWNER_KEY && key != rights::PROBE_KEY;
            is_blob.then_some(BlobEntry { key, size_bytes: entry.size.unwrap_or_default() })
        });
        let next = page.next_continuation_token.filter(|_| page.is_truncated);
        Ok(Some((entries.collect(), next.map_or(Place::End, Place::After))))
    }

    async fn page(
        &self,
        bucket: &BucketName,
        start: &str,
        token: Option<&String>,
    ) -> Result<Option<ListObjectsResponse>, Fault> {
        let client = self.source.client();
        let request = || async {
            let request = ListObjects::builder()
                .client(client.clone())
                .bucket(bucket)
                .prefix(start.to_owned())
                .recursive(true)
                // The crate takes url-encoded keys with `=` or `&` apart as if they were forms.
                .disable_url_encoding(true)
                .continuation_token(token.cloned())
                .build();
            let mut pages = request.to_stream().await;
            pages.next().await.transpose()
        };
        call(ANSWER, request).await
    }
}

/// An object's length in bytes. The crate takes an answer that does not say it for zero.
async fn length(client: &MinioClient, target: &Target) -> Result<u64, Error> {
    let found = client.stat_object(&target.bucket, &target.key)?.build().send().await?;
    if !found.headers().contains_key("content-length") {
        return Err(ValidationErr::ContentLengthUnknown.into());
    }
    Ok(found.size()?)
}

#[async_trait]
impl BlobStore for S3BlobStore {
    async fn put(&self, location: &BlobLocation, media: MediaType, body: &BlobBody) -> Result<(), PortError> {
        let target = self.target(location)?;
        let parts = Parts::open(body).await?;
        let Ok(Ok(_turn)) = timeout(UPLOAD_WAIT, self.uploads.acquire()).await else {
            let text = format!("storing {target}: {UPLOADS_MAX} uploads before it took more than {UPLOAD_WAIT:?}");
            return Err(PortError::new(ErrorKind::Unavailable, text));
        };
        let stored = upload::store(&self.source.client(), &target, media.content_type(), &parts).await;
        if stored.is_err() {
            self.probe.doubt();
        }
        stored
    }

    async fn get(&self, location: &BlobLocation) -> Result<BlobReader, PortError> {
        let (client, target) = (self.source.client(), self.target(location)?);
        let open =
            || async { client.get_object(&target.bucket, &target.key)?.build().send().await?.into_boxed_stream() };
        let opened = call(ANSWER, open).await;
        let (chunks, size_bytes) =
            opened.map_err(|fault| fault.during(format_args!("opening {target}"), &target.bucket))?;
        Ok(BlobReader { size_bytes, chunks: download::chunks(target.to_string(), chunks, size_bytes) })
    }

    async fn size(&self, location: &BlobLocation) -> Result<u64, PortError> {
        let (client, target) = (self.source.client(), self.target(location)?);
        call(ANSWER, || length(&client, &target))
            .await
            .map_err(|fault| fault.during(format_args!("asking for the size of {target}"), &target.bucket))
    }

    async fn copy(&self, source: &BlobLocation, target: &BlobKey) -> Result<(), PortError> {
        let (source, target) = (self.target(source)?, self.target_of(source.bucket, &target.to_string())?);
        let copied = copy::copy(&self.source.client(), &source, &target).await;
        copied.map_err(|fault| fault.during(format_args!("copying {source} to {target}"), &source.bucket))
    }

    async fn delete(&self, location: &BlobLocation) -> Result<(), PortError> {
        let target = self.target(location)?;
        match self.erase_object(&target).await {
            Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(()),
            deleted => deleted.map_err(|fault| fault.during(format_args!("deleting {target}"), &target.bucket)),
        }
    }

    fn pages(&self, bucket: BucketPurpose, scope: BlobScope) -> BoxStream<'_, Result<Vec<BlobEntry>, PortError>> {
        let start = format!("{}/{}", self.prefix, scope.key_start());
        stream::try_unfold(Place::Start, move |place| self.entries(bucket, start.clone(), place)).boxed()
    }

    async fn erase(&self, bucket: BucketPurpose, scope: BlobScope) -> Result<usize, PortError> {
        let name = self.buckets.of(bucket);
        let failed = |fault: Fault| fault.during(format_args!("erasing {name}/{}", scope.key_start()), name);
        match self.erase_scope(bucket, scope).await.map_err(failed)? {
            Some(erased) => Ok(erased),
            // Who can't list versions keeps none.
            None => erase_listed(self, bucket, scope).await,
        }
    }

    async fn prepare(&self, owner: &str) -> Result<(), PortError> {
        let client = self.source.client();
        for bucket in self.buckets.distinct() {
            prepare::make_bucket(&client, &bucket).await?;
        }
        let mark = self.target_of(BucketPurpose::Originals, prepare::OWNER_KEY)?;
        prepare::mark(&client, &mark, owner).await
    }

    async fn ready(&self) -> Result<(), PortError> {
        let client = &self.source.client();
        let checks = self.buckets.distinct().into_iter().map(|bucket| async move {
            let exists = call(PROBE, || async { Ok(client.bucket_exists(&bucket)?.build().send().await?.exists()) });
            match exists.await {
                Ok(true) => Ok(()),
                Ok(false) => Err(PortError::new(
                    ErrorKind::Unavailable,
                    format!("there is no bucket `{bucket}` yet: the storage role makes it when it starts"),
                )
                .because(Reason::Missing)),
                Err(fault) => Err(fault.during(format_args!("looking for the bucket `{bucket}`"), &bucket)),
            }
        });
        try_join_all(checks).await?;
        self.probe.run(|| self.prove_rights()).await
    }
}

#[cfg(test)]
mod tests;
