//! Storing an object: small ones in one request, larger ones part by part with an abort where that fails.
//!
//! The crate's own multipart loop is not used: it knows no time limit per part, and who drops it can't abort.

use std::{mem, sync::Arc};

use bytes::Bytes;
use minio::s3::{
    MinioClient,
    builders::{AbortMultipartUpload, CompleteMultipartUpload, CreateMultipartUpload, PutObject, UploadPart},
    error::Error,
    minio_error_response::MinioErrorResponse,
    response_traits::{HasEtagFromHeaders, HasS3Fields},
    segmented_bytes::SegmentedBytes,
    types::{PartInfo, S3Api, UploadId},
};
use photo_core::port::PortError;
use tokio::runtime::Handle;

use super::{
    Target,
    body::Parts,
    error::Fault,
    length,
    retry::{ANSWER, TRANSFER, call},
};

/// Stores `parts` at `target`, whole or not at all.
pub(super) async fn store(
    client: &MinioClient,
    target: &Target,
    content_type: &str,
    parts: &Parts,
) -> Result<(), PortError> {
    if parts.count() > 1 {
        return store_in_parts(client, target, content_type, parts).await;
    }
    let body = segmented(parts.part(1).await?);
    let request = || {
        let part = UploadPart::builder()
            .client(client.clone())
            .bucket(&target.bucket)
            .object(&target.key)
            .data(Arc::clone(&body))
            .content_type(content_type.to_owned())
            .build();
        PutObject::builder().inner(part).build().send()
    };
    call(TRANSFER, request).await.map_err(|fault| failed(fault, target)).map(drop)
}

async fn store_in_parts(
    client: &MinioClient,
    target: &Target,
    content_type: &str,
    parts: &Parts,
) -> Result<(), PortError> {
    let upload = OpenUpload::begin(client, target, content_type).await.map_err(|fault| failed(fault, target))?;
    let stored = async {
        let sent = upload.send(parts).await?;
        upload.complete(sent, parts.size_bytes()).await.map_err(|fault| failed(fault, target))
    };
    match stored.await {
        Ok(()) => upload.forget(),
        Err(error) => {
            upload.abort().await;
            return Err(error);
        }
    }
    Ok(())
}

fn failed(fault: Fault, target: &Target) -> PortError {
    fault.during(format_args!("storing {target}"), &target.bucket)
}

fn segmented(bytes: Bytes) -> Arc<SegmentedBytes> {
    Arc::new(SegmentedBytes::from(bytes))
}

/// A multipart upload that the server keeps parts of. Whoever drops it unfinished, by a cancelled request say, leaves
/// its abort to a task.
struct OpenUpload {
    client: MinioClient,
    target: Target,
    id: Option<UploadId>,
}

impl OpenUpload {
    async fn begin(client: &MinioClient, target: &Target, content_type: &str) -> Result<Self, Fault> {
        let request = || {
            let request = CreateMultipartUpload::builder()
                .client(client.clone())
                .bucket(&target.bucket)
                .object(&target.key)
                .content_type(content_type.to_owned())
                .build();
            async { Ok(request.send().await?.upload_id().await?) }
        };
        let id = call(ANSWER, request).await?;
        Ok(Self { client: client.clone(), target: target.clone(), id: Some(id) })
    }

    async fn send(&self, parts: &Parts) -> Result<Vec<PartInfo>, PortError> {
        let mut sent = Vec::with_capacity(parts.count().into());
        for number in 1..=parts.count() {
            let bytes = parts.part(number).await?;
            sent.push(self.send_part(number, bytes).await.map_err(|fault| failed(fault, &self.target))?);
        }
        Ok(sent)
    }

    async fn send_part(&self, number: u16, bytes: Bytes) -> Result<PartInfo, Fault> {
        let size_bytes = bytes.len() as u64;
        let body = segmented(bytes);
        let request = || {
            let part = UploadPart::builder()
                .client(self.client.clone())
                .bucket(&self.target.bucket)
                .object(&self.target.key)
                .upload_id(self.id.as_ref().map(ToString::to_string))
                .part_number(number)
                .data(Arc::clone(&body))
                .build();
            async move { Ok(PartInfo::new(number, part.send().await?.etag()?, size_bytes, None)) }
        };
        call(TRANSFER, request).await
    }

    async fn complete(&self, parts: Vec<PartInfo>, size_bytes: u64) -> Result<(), Fault> {
        let Some(id) = &self.id else { return Ok(()) };
        let request = || {
            let request = CompleteMultipartUpload::builder()
                .client(self.client.clone())
                .bucket(&self.target.bucket)
                .object(&self.target.key)
                .upload_id(id.clone())
                .parts(parts.clone())
                .build();
            async { succeeded(&request.send().await?, "<CompleteMultipartUploadResult") }
        };
        match call(TRANSFER, request).await {
            // An attempt succeeded whose answer was lost.
            Err(fault) if fault.is_code("nosuchupload") && self.is_stored(size_bytes).await => Ok(()),
            done => done,
        }
    }

    async fn is_stored(&self, size_bytes: u64) -> bool {
        let found = call(ANSWER, || length(&self.client, &self.target)).await;
        found.is_ok_and(|found| found == size_bytes)
    }

    fn forget(mut self) {
        self.id = None;
    }

    async fn abort(mut self) {
        if let Some(id) = self.id.take() {
            abort(self.client.clone(), self.target.clone(), id).await;
        }
    }
}

impl Drop for OpenUpload {
    fn drop(&mut self) {
        if let (Some(id), Ok(runtime)) = (mem::take(&mut self.id), Handle::try_current()) {
            runtime.spawn(abort(self.client.clone(), self.target.clone(), id));
        }
    }
}

/// Where this fails too, the server's own clean-up of stale uploads frees the parts (MinIO: after a day).
async fn abort(client: MinioClient, target: Target, id: UploadId) {
    let request = || {
        let client = client.clone();
        let request = AbortMultipartUpload::builder().client(client).bucket(&target.bucket).object(&target.key);
        request.upload_id(id.clone()).build().send()
    };
    if let Err(fault) = call(ANSWER, request).await {
        tracing::warn!(%fault, object = %target, "parts of a failed upload stay until the object store removes them");
    }
}

/// S3 may answer 200 before it is done and put an error into the body, where `expected` begins what it was to be; the crate does
/// not look.
pub(super) fn succeeded(answer: &impl HasS3Fields, expected: &str) -> Result<(), Error> {
    let body = String::from_utf8_lossy(answer.body());
    if body.contains(expected) {
        return Ok(());
    }
    let refusal = MinioErrorResponse::new_from_body(answer.body().clone(), answer.headers().clone())?;
    Err(minio::s3::error::S3ServerError::from(Box::new(refusal)).into())
}

#[cfg(test)]
mod tests;
