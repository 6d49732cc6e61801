//! Copying an object inside its bucket: by the server, in one request, which S3 takes up to 5 GiB. Nothing is as large.

use minio::s3::{MinioClient, builders::CopySource};

use super::{
    Target,
    error::Fault,
    retry::{COPY, call},
    upload::succeeded,
};

/// Stores what is at `source` at `target` as well.
pub(super) async fn copy(client: &MinioClient, source: &Target, target: &Target) -> Result<(), Fault> {
    let request = || async {
        let from = CopySource::builder().bucket(source.bucket.clone()).object(source.key.clone()).build();
        let request = client.copy_object(&target.bucket, &target.key)?.source(from).build();
        succeeded(&request.send().await?, "<CopyObjectResult")
    };
    call(COPY, request).await
}
