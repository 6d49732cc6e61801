//! Stored bytes as an answer: streamed, never interpreted by a browser as anything but a picture.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::TryStreamExt;
use photo_core::{blob_key::BlobLocation, image_format::ImageFormat, photo::Sha256, port::BlobStore};

use crate::problem::Problem;

/// What is served.
pub(crate) struct Served<'a> {
    pub(crate) location: &'a BlobLocation,
    pub(crate) format: ImageFormat,
    pub(crate) sha256: &'a Sha256,
    /// What a browser calls the file when it is saved: ASCII, ours.
    pub(crate) save_as: String,
}

/// Answers with the bytes, or with 304 where the client holds them already.
pub(crate) async fn respond(
    blobs: &dyn BlobStore,
    served: Served<'_>,
    request: &HeaderMap,
) -> Result<Response, Problem> {
    let tag = format!("\"{}\"", served.sha256.as_str());
    let mut headers = HeaderMap::new();
    // The path stays the same when a photo is processed again, so a copy is asked about each time.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    let held = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if held.flat_map(|list| list.split(',')).any(|held| held.trim().trim_start_matches("W/") == tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let reader = blobs.get(served.location).await.map_err(|error| Problem::from_port(&error, "photo's bytes"))?;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(served.format.content_type()));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(reader.size_bytes));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    if let Ok(name) = HeaderValue::from_str(&format!("inline; filename=\"{}\"", served.save_as)) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    let chunks = reader.chunks.inspect_err(|error| tracing::warn!(error = error.chain(), "a download broke off"));
    Ok((headers, Body::from_stream(chunks)).into_response())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use photo_adapters::files::{FilesBlobStore, FilesConfig};
    use photo_core::{
        blob_key::{BlobKey, BucketPurpose},
        id::{PhotoId, RunId},
        port::blob_store::BlobBody,
    };

    use super::*;

    #[tokio::test]
    async fn an_output_is_served_as_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = FilesBlobStore::open(&FilesConfig { path: folder.path().join("photos") }).unwrap();
        blobs.prepare("platform").await.unwrap();
        let sha256 = "0".repeat(64).try_into().unwrap();
        for (format, content_type) in [
            (ImageFormat::Jpeg, "image/jpeg"),
            (ImageFormat::Webp, "image/webp"),
            (ImageFormat::Png, "image/png"),
            (ImageFormat::Avif, "image/avif"),
        ] {
            let (photo, run) = (PhotoId::generate(), RunId::generate());
            let key = BlobKey::Derived { photo, run, variant: "150".parse().unwrap(), format };
            let location = BlobLocation { bucket: BucketPurpose::Variants, key };
            blobs.put(&location, format.into(), &BlobBody::Bytes(Bytes::from_static(b"picture"))).await.unwrap();
            let save_as = format!("150.{}", format.extension());
            let served = Served { location: &location, format, sha256: &sha256, save_as };
            let reply = respond(&blobs, served, &HeaderMap::new()).await.unwrap();
            assert_eq!(reply.headers()["content-type"], content_type);
            assert_eq!(reply.headers()["x-content-type-options"], "nosniff");
        }
    }
}
