//! Making the buckets and marking the prefix as one platform's: the mark is the object `<prefix>/.owner`.

use std::sync::Arc;

use bytes::Bytes;
use minio::s3::{
    MinioClient,
    builders::{PutObject, UploadPart},
    error::Error,
    multimap_ext::{Multimap, MultimapExt},
    segmented_bytes::SegmentedBytes,
    types::{BucketName, S3Api},
};
use photo_core::port::{ErrorKind, PortError, Reason};

use super::{
    Target,
    error::Fault,
    retry::{ANSWER, call},
};

/// The mark's key below the prefix.
pub(super) const OWNER_KEY: &str = ".owner";

/// A mark is a platform's uid; what is longer is somebody else's object.
const OWNER_BYTES_MAX: u64 = 256;

/// Makes a bucket that is missing.
pub(super) async fn make_bucket(client: &MinioClient, bucket: &BucketName) -> Result<(), PortError> {
    let look_and_make = || async {
        if !client.bucket_exists(bucket)?.build().send().await?.exists() {
            client.create_bucket(bucket)?.build().send().await?;
        }
        Ok(())
    };
    match call(ANSWER, look_and_make).await {
        // Another storage role was faster, or an attempt's answer was lost.
        Err(fault) if fault.is_code("bucketalreadyownedbyyou") => Ok(()),
        made => made.map_err(|fault| fault.during(format_args!("making the bucket `{bucket}`"), bucket)),
    }
}

/// Marks the prefix as `owner`'s, unless it is marked already.
pub(super) async fn mark(client: &MinioClient, mark: &Target, owner: &str) -> Result<(), PortError> {
    let failed = |fault: Fault| fault.during(format_args!("marking the prefix with {mark}"), &mark.bucket);
    match call(ANSWER, || read(client, mark)).await {
        Ok(found) => return compare(mark, found.as_ref(), owner),
        Err(fault) if fault.kind() == ErrorKind::NotFound => {}
        Err(fault) => return Err(failed(fault)),
    }
    match call(ANSWER, || write(client, mark, owner)).await {
        Ok(()) => {}
        Err(fault) if fault.kind() == ErrorKind::Conflict => {}
        Err(fault) => return Err(failed(fault)),
    }
    // A store that ignores the condition of the write lets the last writer win: who reads another's mark, lost.
    let found = call(ANSWER, || read(client, mark)).await.map_err(failed)?;
    compare(mark, found.as_ref(), owner)
}

async fn read(client: &MinioClient, mark: &Target) -> Result<Option<Bytes>, Error> {
    let found = client.get_object(&mark.bucket, &mark.key)?.build().send().await?;
    if found.object_size()? > OWNER_BYTES_MAX {
        return Ok(None);
    }
    found.into_bytes().await.map(Some)
}

async fn write(client: &MinioClient, mark: &Target, owner: &str) -> Result<(), Error> {
    let mut only_if_absent = Multimap::new();
    only_if_absent.add("If-None-Match", "*");
    let part = UploadPart::builder()
        .client(client.clone())
        .bucket(&mark.bucket)
        .object(&mark.key)
        .data(Arc::new(SegmentedBytes::from(Bytes::copy_from_slice(owner.as_bytes()))))
        .content_type("text/plain; charset=utf-8".to_owned())
        .extra_headers(only_if_absent)
        .build();
    PutObject::builder().inner(part).build().send().await.map(drop)
}

fn compare(mark: &Target, found: Option<&Bytes>, owner: &str) -> Result<(), PortError> {
    if found.is_some_and(|found| found == owner) {
        return Ok(());
    }
    let holder = match found {
        Some(text) => format!("`{}`", String::from_utf8_lossy(text)),
        None => "something that is not a platform".to_owned(),
    };
    let text = format!("{mark} says that the prefix belongs to {holder}: choose another OBJECT_PREFIX than its");
    Err(PortError::new(ErrorKind::Conflict, text).because(Reason::Misconfigured))
}
