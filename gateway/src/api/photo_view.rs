//! A photo as its owner sees it: no keys, no buckets, no other people's words.

use jiff::Timestamp;
use photo_core::{
    failure::Failure,
    id::PhotoId,
    image_format::ImageFormat,
    photo::{FileName, Photo, PhotoStatus, Sha256, Variant, VariantRole},
    photo_metadata::PhotoMetadata,
    pipeline::{PipelineName, VariantName},
    priority::Priority,
    upload_format::UploadFormat,
};
use serde::Serialize;

/// The public form of a photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhotoView {
    id: PhotoId,
    file_name: FileName,
    content_type: UploadFormat,
    size_bytes: u64,
    sha256: Sha256,
    pipeline: PipelineName,
    priority: Priority,
    generation: u32,
    status: PhotoStatus,
    seq: u64,
    /// While it waits for another attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<PhotoMetadata>,
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
    role: VariantRole,
    content_type: ImageFormat,
    width: u32,
    height: u32,
    size_bytes: u64,
    /// Of the original's bytes, rounded; for the smaller copy of the whole picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio_percent: Option<u64>,
    url: String,
}

impl From<Photo> for PhotoView {
    fn from(photo: Photo) -> Self {
        let (id, original_bytes) = (photo.id, photo.original.size_bytes);
        Self {
            id,
            file_name: photo.file_name,
            content_type: photo.original.format,
            size_bytes: photo.original.size_bytes,
            sha256: photo.original.sha256,
            pipeline: photo.pipeline,
            priority: photo.priority,
            generation: photo.generation,
            status: photo.status,
            seq: photo.seq,
            next_attempt_at: photo.next_attempt_at,
            width: photo.dimensions.map(|dimensions| dimensions.width),
            height: photo.dimensions.map(|dimensions| dimensions.height),
            metadata: photo.metadata,
            variants: photo.variants.into_iter().map(|variant| VariantView::new(id, original_bytes, variant)).collect(),
            failure: photo.failure,
            created_at: photo.created_at,
            updated_at: photo.updated_at,
        }
    }
}

impl VariantView {
    fn new(photo: PhotoId, original_bytes: u64, variant: Variant) -> Self {
        let ratio_percent = match variant.role {
            VariantRole::Optimized => Some(percent_of(variant.size_bytes, original_bytes)),
            VariantRole::Thumbnail => None,
        };
        Self {
            ratio_percent,
            role: variant.role,
            url: format!("/photos/{photo}/variants/{}", variant.name),
            name: variant.name,
            content_type: variant.format,
            width: variant.width,
            height: variant.height,
            size_bytes: variant.size_bytes,
        }
    }
}

/// Rounded to the nearest; 0 of nothing.
fn percent_of(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).saturating_add(whole / 2).checked_div(whole).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use photo_core::{contract::sample, id::RunId, photo::Variant};
    use serde_json::json;

    use super::*;

    fn photo() -> Photo {
        let new = sample::new_photo(&sample::owner(), &"quick".parse().unwrap());
        let run = RunId::generate();
        let optimized = Variant { role: VariantRole::Optimized, ..sample::variant(new.id, run, "optimized") };
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        Photo {
            id: new.id,
            sender: new.sender,
            file_name: new.file_name,
            original: new.original,
            pipeline: new.pipeline,
            priority: Priority::try_from(2).unwrap(),
            generation: 2,
            status: PhotoStatus::Queued,
            seq: 7,
            dimensions: None,
            metadata: Some(sample::metadata()),
            variants: vec![sample::variant(new.id, run, "150"), optimized],
            finished_run: Some(run),
            next_attempt_at: Some(now),
            failure: None,
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn a_view_tells_what_each_output_is_for_and_nothing_of_where_it_lies() {
        let view = serde_json::to_value(PhotoView::from(photo())).unwrap();
        assert_eq!((&view["priority"], &view["nextAttemptAt"]), (&json!(2), &json!("2026-11-21T10:00:00Z")));
        assert_eq!(view["metadata"]["exif"]["Make"], "Camera \"写真\"");
        let [thumbnail, optimized] = &view["variants"].as_array().unwrap()[..] else { panic!("two variants") };
        assert_eq!((&thumbnail["role"], thumbnail.get("ratioPercent")), (&json!("thumbnail"), None));
        assert_eq!((&optimized["role"], &optimized["ratioPercent"]), (&json!("optimized"), &json!(0)));
        for hidden in ["derived/", "originals/", "Variants", "traceparent"] {
            assert!(!view.to_string().contains(hidden), "{hidden}");
        }
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let bare = Photo { metadata: None, next_attempt_at: None, variants: vec![], ..photo() };
        let view = serde_json::to_value(PhotoView::from(bare)).unwrap();
        for absent in ["metadata", "nextAttemptAt", "width", "failure"] {
            assert!(view.get(absent).is_none(), "{absent}");
        }
    }

    #[test]
    fn ratios_are_rounded() {
        for (part, whole, percent) in [(0, 10, 0), (1, 3, 33), (2, 3, 67), (1, 200, 1), (5, 4, 125), (1, 0, 0)] {
            assert_eq!(percent_of(part, whole), percent, "{part} of {whole}");
        }
    }
}
