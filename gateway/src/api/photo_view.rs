//! A photo as its owner sees it: no keys, no buckets, no other people's words.

use jiff::Timestamp;
use photo_core::{
    failure::Failure,
    id::PhotoId,
    image_format::ImageFormat,
    photo::{FileName, Photo, PhotoStatus, Sha256, Variant},
    pipeline::{PipelineName, VariantName},
};
use serde::Serialize;

/// The public form of a photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhotoView {
    id: PhotoId,
    file_name: FileName,
    content_type: ImageFormat,
    size_bytes: u64,
    sha256: Sha256,
    pipeline: PipelineName,
    generation: u32,
    status: PhotoStatus,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    variants: Vec<VariantView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The public form of an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct VariantView {
    name: VariantName,
    content_type: ImageFormat,
    width: u32,
    height: u32,
    size_bytes: u64,
    url: String,
}

impl From<Photo> for PhotoView {
    fn from(photo: Photo) -> Self {
        let id = photo.id;
        Self {
            id,
            file_name: photo.file_name,
            content_type: photo.original.format,
            size_bytes: photo.original.size_bytes,
            sha256: photo.original.sha256,
            pipeline: photo.pipeline,
            generation: photo.generation,
            status: photo.status,
            seq: photo.seq,
            width: photo.dimensions.map(|dimensions| dimensions.width),
            height: photo.dimensions.map(|dimensions| dimensions.height),
            variants: photo.variants.into_iter().map(|variant| VariantView::new(id, variant)).collect(),
            failure: photo.failure,
            created_at: photo.created_at,
            updated_at: photo.updated_at,
        }
    }
}

impl VariantView {
    fn new(photo: PhotoId, variant: Variant) -> Self {
        Self {
            url: format!("/photos/{photo}/variants/{}", variant.name),
            name: variant.name,
            content_type: variant.format,
            width: variant.width,
            height: variant.height,
            size_bytes: variant.size_bytes,
        }
    }
}
