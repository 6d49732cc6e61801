//! Removing objects for good: with every version and every mark of a deletion that their bucket keeps of them.
//!
//! A bucket with versions answers a plain delete by hiding the object behind such a mark; nothing of it is gone then,
//! and no plain listing shows it any more.

use futures::StreamExt;
use minio::s3::{
    builders::{DeleteObject, ListObjects, ObjectToDelete},
    response::{DeleteObjectResponse, ListObjectsResponse},
    response_traits::HasS3Fields,
    types::{BucketName, S3Api, ToStream},
};
use photo_core::blob_key::{BlobKey, BlobScope, BucketPurpose};

use super::{
    S3BlobStore, Target,
    error::Fault,
    retry::{ANSWER, call},
};

/// Where a listing of versions goes on.
struct Mark {
    key: String,
    version: Option<String>,
}

impl S3BlobStore {
    /// Removes an object, and its versions where the bucket keeps any.
    pub(super) async fn erase_object(&self, target: &Target) -> Result<(), Fault> {
        let client = self.source.client();
        let delete = || async { client.delete_object(&target.bucket, &target.key)?.build().send().await };
        if keeps_versions(&call(ANSWER, delete).await?) {
            let key = target.key.as_str();
            self.erase_versions(&target.bucket, key, |name| name == key).await?;
        }
        Ok(())
    }

    /// Removes the objects of a scope that are ours. `None` where the server knows no listing of versions.
    pub(super) async fn erase_scope(&self, bucket: BucketPurpose, scope: BlobScope) -> Result<Option<usize>, Fault> {
        let platform = format!("{}/", self.prefix);
        let start = format!("{platform}{}", scope.key_start());
        let is_ours = |name: &str| name.strip_prefix(&platform).is_some_and(|key| key.parse::<BlobKey>().is_ok());
        match self.erase_versions(self.buckets.of(bucket), &start, is_ours).await {
            Ok(erased) => Ok(Some(erased)),
            // A refusal without a document is the latter to the client.
            Err(fault) if fault.is_code("notimplemented") || fault.is_code("methodnotallowed") => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn erase_versions(
        &self,
        bucket: &BucketName,
        start: &str,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<usize, Fault> {
        let (mut erased, mut mark) = (0, None);
        loop {
            let Some(page) = self.versions(bucket, start, mark.as_ref()).await? else { return Ok(erased) };
            let next = page.next_key_marker.map(|key| Mark { key, version: page.next_version_id_marker });
            for entry in page.contents.into_iter().filter(|entry| !entry.is_prefix && is_ours(&entry.name)) {
                self.erase_version(bucket, &entry.into()).await?;
                erased += 1;
            }
            mark = next;
            if !page.is_truncated || mark.is_none() {
                return Ok(erased);
            }
        }
    }

    async fn versions(
        &self,
        bucket: &BucketName,
        start: &str,
        mark: Option<&Mark>,
    ) -> Result<Option<ListObjectsResponse>, Fault> {
        let client = self.source.client();
        let request = || async {
            let request = ListObjects::builder()
                .client(client.clone())
                .bucket(bucket)
                .prefix(start.to_owned())
                .recursive(true)
                .include_versions(true)
                .disable_url_encoding(true)
                .key_marker(mark.map(|mark| mark.key.clone()))
                .version_id_marker(mark.and_then(|mark| mark.version.clone()))
                .build();
            request.to_stream().await.next().await.transpose()
        };
        call(ANSWER, request).await
    }

    async fn erase_version(&self, bucket: &BucketName, version: &ObjectToDelete) -> Result<(), Fault> {
        let client = self.source.client();
        let request = || async {
            let delete = DeleteObject::builder().client(client.clone()).bucket(bucket).object(version.clone());
            delete.build().send().await.map(drop)
        };
        call(ANSWER, request).await
    }
}

/// Whether the answer to a plain delete says that the bucket keeps versions.
fn keeps_versions(answer: &DeleteObjectResponse) -> bool {
    ["x-amz-delete-marker", "x-amz-version-id"].into_iter().any(|header| answer.headers().contains_key(header))
}

#[cfg(test)]
mod tests;
