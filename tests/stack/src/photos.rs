//! The public API as a client program uses it, and the sample photos with what is expected of each.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use jiff::Timestamp;
use photo_core::{
    failure::Failure, id::PhotoId, photo::PhotoStatus, pipeline::VariantName, port::metadata_store::PhotoQuery,
};
use reqwest::multipart::{Form, Part};
use serde::Deserialize;

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

/// The API of one platform in the name of one user.
#[derive(Debug, Clone)]
pub struct Photos {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Photos {
    /// A client of the API at `base` (`http://…`, no slash at its end).
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn new(base: &str, token: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_mins(2)).no_proxy().build()?;
        Ok(Self { http, base: base.to_owned(), token: token.to_owned() })
    }

    /// The token of its user.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Uploads one photo and returns it as it was accepted.
    ///
    /// # Errors
    /// Where it was refused; the text is the API's reason.
    pub async fn upload(&self, file_name: &str, bytes: Vec<u8>) -> anyhow::Result<PhotoView> {
        let form = Form::new().part("photos", Part::bytes(bytes).file_name(file_name.to_owned()));
        let request = self.http.post(format!("{}/photos/upload", self.base)).multipart(form);
        let uploaded: Uploaded =
            self.send(request).await.with_context(|| format!("uploading {file_name}"))?.json().await?;
        uploaded.photos.into_iter().next().context("the API accepted no photo")
    }

    /// One photo.
    ///
    /// # Errors
    /// Where the API does not answer with it.
    pub async fn photo(&self, id: PhotoId) -> anyhow::Result<PhotoView> {
        let request = self.http.get(format!("{}/photos/{id}", self.base));
        Ok(self.send(request).await?.json().await?)
    }

    /// All photos of the user.
    ///
    /// # Errors
    /// Where the API does not answer with them.
    pub async fn list(&self) -> anyhow::Result<Vec<PhotoView>> {
        let mut photos: Vec<PhotoView> = Vec::new();
        loop {
            let mut request = self.http.get(format!("{}/photos", self.base)).query(&[("limit", PhotoQuery::MAX_LIMIT)]);
            if let Some(last) = photos.last() {
                request = request.query(&[("after", last.id)]);
            }
            let page: Page = self.send(request).await.context("listing photos")?.json().await?;
            ensure!(!(page.has_more && page.photos.is_empty()), "the API has more photos, but sent none");
            photos.extend(page.photos);
            if !page.has_more {
                return Ok(photos);
            }
        }
    }

    /// The bytes of an output.
    ///
    /// # Errors
    /// Where the API does not answer with them.
    pub async fn bytes_of(&self, variant: &VariantView) -> anyhow::Result<Vec<u8>> {
        let request = self.http.get(format!("{}{}", self.base, variant.url));
        Ok(self.send(request).await?.bytes().await?.to_vec())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<reqwest::Response> {
        let reply = request.bearer_auth(&self.token).send().await?;
        let status = reply.status();
        if status.is_success() {
            return Ok(reply);
        }
        bail!("{status}: {}", reply.text().await?)
    }
}

/// A photo to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its file name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

impl Sample {
    /// The status that it must end with: a file named `broken.*` is no whole photo.
    pub fn expected(&self) -> PhotoStatus {
        if self.name.starts_with("broken.") { PhotoStatus::Failed } else { PhotoStatus::Completed }
    }
}

/// The photos in `folder`, by name.
///
/// # Errors
/// Where the folder can't be read or holds none.
pub fn samples(folder: &Path) -> anyhow::Result<Vec<Sample>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading the samples in {}", folder.display()))? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        if matches!(ending.as_str(), "bmp" | "gif" | "jpeg" | "jpg" | "png" | "webp") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push(Sample { name, path });
        }
    }
    ensure!(!found.is_empty(), "there is no photo in {}", folder.display());
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_the_photos_of_a_folder_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["rotated.JPG", "broken.jpg", "ATTRIBUTION.md", "alpha.png"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let samples = samples(folder.path()).unwrap();
        let found: Vec<_> = samples.iter().map(|sample| (sample.name.as_str(), sample.expected())).collect();
        assert_eq!(
            found,
            [
                ("alpha.png", PhotoStatus::Completed),
                ("broken.jpg", PhotoStatus::Failed),
                ("rotated.JPG", PhotoStatus::Completed),
            ]
        );
    }

    #[test]
    fn a_folder_without_photos_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(samples(folder.path()).is_err());
    }

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
}
