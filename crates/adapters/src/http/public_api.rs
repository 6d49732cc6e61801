//! The platform's public API as a client program uses it, in the name of one user.

use std::{fmt, io, path::Path, time::Duration};

use futures::TryStreamExt;
use jiff::Timestamp;
use photo_core::{
    failure::Failure,
    id::PhotoId,
    photo::PhotoStatus,
    pipeline::{PipelineName, VariantName},
    port::metadata_store::{PhotoQuery, PipelineCounts},
};
use reqwest::{
    Body, RequestBuilder, Response, StatusCode,
    multipart::{Form, Part},
};
use serde::Deserialize;
use tokio_util::io::ReaderStream;

/// How long a platform may be silent while it is asked or sent something.
const SILENCE_MAX: Duration = Duration::from_mins(2);

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A photo as the API tells it, as far as clients here read it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhotoView {
    /// Its id.
    pub id: PhotoId,
    /// The uploader's label.
    pub file_name: String,
    /// Length of the original in bytes.
    pub size_bytes: u64,
    /// What processes it.
    pub pipeline: PipelineName,
    /// Which of its generations it shows.
    pub generation: u32,
    /// How far it is.
    pub status: PhotoStatus,
    /// How often its state changed.
    pub seq: u64,
    /// Its outputs.
    pub variants: Vec<VariantView>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}

/// An output of a photo.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariantView {
    /// Its name.
    pub name: VariantName,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Length in bytes.
    pub size_bytes: u64,
    /// Where its bytes are, below the API's address.
    pub url: String,
}

/// Why the API did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nobody answers, or the connection broke.
    #[error("{url} does not answer")]
    Unreachable {
        /// The API's address.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// It refused.
    #[error("{0}")]
    Refused(Refusal),
    /// It answered with something else than it should.
    #[error("{url} answers, but not as a photo platform does")]
    Unexpected {
        /// The API's address.
        url: String,
    },
    /// What should be sent can't be read.
    #[error("can't read {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// What the API says when it refuses (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// The status of HTTP.
    pub status: u16,
    /// For programs.
    pub code: String,
    /// For people.
    pub detail: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {})", self.detail, self.status, self.code)
    }
}

#[derive(Debug, Deserialize)]
struct Uploaded {
    photos: Vec<PhotoView>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    photos: Vec<PhotoView>,
    has_more: bool,
}

#[derive(Debug, Deserialize)]
struct Pipelines {
    pipelines: Vec<PipelineCounts>,
}

/// The API of one platform in the name of one user.
#[derive(Debug, Clone)]
pub struct PublicApi {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl PublicApi {
    /// A client of the API at `base` (`http://…`, no slash at its end).
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new(base: &str, token: &str) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(SILENCE_MAX).no_proxy();
        Ok(Self { http: http.build()?, base: base.to_owned(), token: token.to_owned() })
    }

    /// The token of its user.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Uploads one photo to the default pipeline and returns it as it was accepted.
    pub async fn upload(&self, file_name: &str, bytes: Vec<u8>) -> Result<PhotoView, ApiError> {
        self.upload_part(Part::bytes(bytes).file_name(file_name.to_owned()), None).await
    }

    /// Uploads the photo in a file, to a pipeline or the default one. `sent` is told of every part of the file that is on
    /// its way, in bytes.
    pub async fn upload_file(
        &self,
        path: &Path,
        pipeline: Option<&PipelineName>,
        sent: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<PhotoView, ApiError> {
        let unreadable = |source| ApiError::File { path: path.display().to_string(), source };
        let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let length = file.metadata().await.map_err(unreadable)?.len();
        let chunks = ReaderStream::new(file).inspect_ok(move |chunk| sent(chunk.len() as u64));
        let part = Part::stream_with_length(Body::wrap_stream(chunks), length);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.upload_part(part.file_name(name), pipeline).await
    }

    async fn upload_part(&self, part: Part, pipeline: Option<&PipelineName>) -> Result<PhotoView, ApiError> {
        let mut request = self.http.post(format!("{}/photos/upload", self.base));
        if let Some(pipeline) = pipeline {
            request = request.query(&[("pipeline", pipeline.as_str())]);
        }
        let request = request.multipart(Form::new().part("photos", part));
        let uploaded: Uploaded = self.json(request).await?;
        uploaded.photos.into_iter().next().ok_or_else(|| self.unexpected())
    }

    /// One photo.
    pub async fn photo(&self, id: PhotoId) -> Result<PhotoView, ApiError> {
        self.json(self.http.get(format!("{}/photos/{id}", self.base))).await
    }

    /// The newest photos of the user, at most `limit` of them (1 to [`PhotoQuery::MAX_LIMIT`]).
    pub async fn newest(&self, limit: u16) -> Result<Vec<PhotoView>, ApiError> {
        Ok(self.page(limit, None).await?.photos)
    }

    /// All photos of the user, newest first.
    pub async fn list(&self) -> Result<Vec<PhotoView>, ApiError> {
        let mut photos: Vec<PhotoView> = Vec::new();
        loop {
            let page = self.page(PhotoQuery::MAX_LIMIT, photos.last()).await?;
            if page.has_more && page.photos.is_empty() {
                return Err(self.unexpected());
            }
            photos.extend(page.photos);
            if !page.has_more {
                return Ok(photos);
            }
        }
    }

    async fn page(&self, limit: u16, after: Option<&PhotoView>) -> Result<Page, ApiError> {
        let mut request = self.http.get(format!("{}/photos", self.base)).query(&[("limit", limit)]);
        if let Some(last) = after {
            request = request.query(&[("after", last.id)]);
        }
        self.json(request).await
    }

    /// The pipelines that may be uploaded to, with their numbers.
    pub async fn pipelines(&self) -> Result<Vec<PipelineCounts>, ApiError> {
        let answer: Pipelines = self.json(self.http.get(format!("{}/pipelines", self.base))).await?;
        Ok(answer.pipelines)
    }

    /// The bytes of an output.
    pub async fn bytes_of(&self, variant: &VariantView) -> Result<Vec<u8>, ApiError> {
        let reply = self.send(self.http.get(format!("{}{}", self.base, variant.url))).await?;
        Ok(reply.bytes().await.map_err(|source| self.unreachable(source))?.to_vec())
    }

    async fn json<T: serde::de::DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ApiError> {
        let body = self.send(request).await?.bytes().await.map_err(|source| self.unreachable(source))?;
        serde_json::from_slice(&body).map_err(|_| self.unexpected())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ApiError> {
        let reply = request.bearer_auth(&self.token).send().await.map_err(|source| self.unreachable(source))?;
        if reply.status().is_success() {
            return Ok(reply);
        }
        let status = reply.status();
        let body = reply.bytes().await.map_err(|source| self.unreachable(source))?;
        Err(self.refused(status, &body))
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> ApiError {
        match serde_json::from_slice::<Refusal>(body) {
            Ok(refusal) if refusal.status == status.as_u16() => ApiError::Refused(refusal),
            Ok(_) | Err(_) => self.unexpected(),
        }
    }

    fn unreachable(&self, source: reqwest::Error) -> ApiError {
        ApiError::Unreachable { url: self.base.clone(), source: source.without_url() }
    }

    fn unexpected(&self) -> ApiError {
        ApiError::Unexpected { url: self.base.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_s_photo_is_read() {
        let text = r#"{"id":"01938e5c-7a6b-7c3d-9e1f-0123456789ab","fileName":"a.jpg","contentType":"image/jpeg",
            "sizeBytes":3,"sha256":"x","pipeline":"full-processing","generation":1,"status":"completed","seq":4,
            "variants":[{"name":"150","contentType":"image/jpeg","width":150,"height":100,"sizeBytes":9,"url":"/u"}],
            "createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:01Z"}"#;
        let photo: PhotoView = serde_json::from_str(text).unwrap();
        assert_eq!(
            (photo.status, photo.variants[0].width, photo.failure.is_none()),
            (PhotoStatus::Completed, 150, true)
        );
    }

    #[test]
    fn a_problem_is_told_and_anything_else_is_not_a_platform() {
        let api = PublicApi::new("http://127.0.0.1:9", "token").unwrap();
        let problem = br#"{"type":"about:blank","title":"Too large","status":413,"code":"too_large","detail":"Long."}"#;
        let refused = api.refused(StatusCode::PAYLOAD_TOO_LARGE, problem);
        assert_eq!(refused.to_string(), "Long. (413 too_large)");
        for (status, body) in [(StatusCode::BAD_GATEWAY, &problem[..]), (StatusCode::NOT_FOUND, b"<html>no</html>")] {
            let said = api.refused(status, body).to_string();
            assert_eq!(said, "http://127.0.0.1:9 answers, but not as a photo platform does");
        }
    }
}
