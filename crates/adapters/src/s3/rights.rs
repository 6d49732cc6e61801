//! Whether the store lets a role do its work: by doing it, on an object of its own that is nobody's photo.
//!
//! The object is `<prefix>/.probe`, the same for all processes of a platform. They may meet on it: what one has removed
//! another can't find, and that is an answer too, because a store tells it only to those who may read.

use bytes::Bytes;
use futures::future::try_join_all;
use minio::s3::{segmented_bytes::SegmentedBytes, types::S3Api};
use photo_core::{
    blob_key::BucketPurpose,
    port::{ErrorKind, PortError},
};

use super::{
    S3BlobStore, Target,
    error::Fault,
    retry::{PROBE, call},
};

/// The probe's key below the prefix.
pub(super) const PROBE_KEY: &str = ".probe";

/// What a role does in the store, as far as readiness has to prove it.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoreRights {
    /// Buckets that it reads objects of.
    pub reads: &'static [BucketPurpose],
    /// Buckets that it writes objects to and removes them from.
    pub writes: &'static [BucketPurpose],
}

impl S3BlobStore {
    /// This store, whose readiness proves these rights besides the buckets being there.
    #[must_use]
    pub fn proving(self, rights: StoreRights) -> Self {
        Self { rights, ..self }
    }

    /// Writes, reads and removes the probe in each bucket, as far as this role does so.
    pub(super) async fn prove_rights(&self) -> Result<(), PortError> {
        let of = |purposes: &[BucketPurpose]| -> Result<Vec<Target>, PortError> {
            let mut targets = Vec::new();
            for purpose in purposes {
                let target = self.target_of(*purpose, PROBE_KEY)?;
                if !targets.iter().any(|other: &Target| other.bucket == target.bucket) {
                    targets.push(target);
                }
            }
            Ok(targets)
        };
        let (writes, reads) = (of(self.rights.writes)?, of(self.rights.reads)?);
        try_join_all(writes.iter().map(|target| self.write_probe(target))).await?;
        try_join_all(reads.iter().map(|target| self.read_probe(target))).await?;
        try_join_all(writes.iter().map(|target| self.remove_probe(target))).await?;
        Ok(())
    }

    async fn write_probe(&self, target: &Target) -> Result<(), PortError> {
        let client = self.source.client();
        let body = SegmentedBytes::from(Bytes::from_static(b"probe"));
        let write = || async { client.put_object(&target.bucket, &target.key, body.clone())?.build().send().await };
        told(call(PROBE, write).await.map(drop), "writing", target)
    }

    async fn read_probe(&self, target: &Target) -> Result<(), PortError> {
        let client = self.source.client();
        let read = || async { client.get_object(&target.bucket, &target.key)?.build().send().await };
        match call(PROBE, read).await {
            Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(()),
            read => told(read.map(drop), "reading", target),
        }
    }

    async fn remove_probe(&self, target: &Target) -> Result<(), PortError> {
        match self.erase_object(target).await {
            Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(()),
            removed => told(removed, "removing", target),
        }
    }
}

fn told(done: Result<(), Fault>, doing: &str, target: &Target) -> Result<(), PortError> {
    done.map_err(|fault| fault.during(format_args!("{doing} the probe {target}"), &target.bucket))
}
