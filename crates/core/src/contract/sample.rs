//! Photos, runs and names for the laws: fresh ids in each, so that laws can share one server.

use std::collections::BTreeMap;

use crate::{
    blob_key::{BlobKey, BlobLocation, BucketPurpose},
    error_class::ErrorClass,
    failure::{Failure, FailureCode},
    id::{PhotoId, RunId, UploadId, UserId},
    image_format::ImageFormat,
    photo::{Dimensions, FileName, NewPhoto, Original, Sender, Sha256, Variant, VariantRole},
    photo_metadata::{ColorSpace, PhotoMetadata},
    pipeline::{PipelineName, VariantName},
    run::{BeginRun, FailRun, FinishRun, StageRecord, StageStatus},
    trace::TraceParent,
    upload_format::UploadFormat,
};

/// An owner whom no other law knows.
pub fn owner() -> UserId {
    format!("owner-{}", PhotoId::generate()).parse().unwrap()
}

/// The sender of an upload by `owner`, in a browser tab and a session.
pub fn sender(owner: &UserId) -> Sender {
    Sender {
        user: owner.clone(),
        client_id: Some("tab-1".parse().unwrap()),
        session_id: Some("evening".parse().unwrap()),
        traceparent: TraceParent::generate(),
    }
}

/// A pipeline's name that no other law knows.
pub fn pipeline() -> PipelineName {
    format!("law-{}", PhotoId::generate()).parse().unwrap()
}

/// Some digest.
pub fn sha256() -> Sha256 {
    Sha256::try_from("5e".repeat(32)).unwrap()
}

/// A photo whose bytes are (said to be) stored.
pub fn new_photo(owner: &UserId, pipeline: &PipelineName) -> NewPhoto {
    let id = PhotoId::generate();
    let key = BlobKey::Original { photo: id, upload: UploadId::generate() };
    NewPhoto {
        id,
        sender: sender(owner),
        file_name: FileName::from("Ünïcode 写真 (1).jpg".to_owned()),
        original: Original {
            location: BlobLocation { bucket: BucketPurpose::Originals, key },
            format: UploadFormat::Jpeg,
            size_bytes: 52_428_800,
            sha256: sha256(),
        },
        pipeline: pipeline.clone(),
        priority: None,
        repeatable: None,
    }
}

/// What a worker asks for with the first job of a photo.
pub fn begin(photo: &NewPhoto) -> BeginRun {
    BeginRun {
        photo_id: photo.id,
        pipeline: photo.pipeline.clone(),
        generation: 1,
        worker: "worker-of-a-law".to_owned(),
    }
}

/// An output of a run.
pub fn variant(photo: PhotoId, run: RunId, name: &str) -> Variant {
    let name: VariantName = name.parse().unwrap();
    let format = ImageFormat::Webp;
    let key = BlobKey::Derived { photo, run, variant: name.clone(), format };
    Variant {
        name,
        role: VariantRole::Thumbnail,
        location: BlobLocation { bucket: BucketPurpose::Variants, key },
        format,
        width: 150,
        height: 100,
        size_bytes: 4_711,
        sha256: sha256(),
    }
}

/// What the file of a photo says.
pub fn metadata() -> PhotoMetadata {
    PhotoMetadata {
        color_space: ColorSpace::Srgb,
        color_profile: Some("sRGB IEC61966-2.1".to_owned()),
        bits_per_channel: 8,
        has_alpha: false,
        exif: BTreeMap::from([("Make".to_owned(), "Camera \"写真\"".to_owned())]),
        gps: None,
    }
}

/// What a run reports that made the variants `150` and `300`.
pub fn finish(photo: PhotoId, run: RunId) -> FinishRun {
    let stage_log = vec![StageRecord {
        stage: "thumbnails".parse().unwrap(),
        status: StageStatus::Completed,
        milliseconds: 42,
        error: None,
    }];
    FinishRun {
        photo_id: photo,
        run_id: run,
        dimensions: Some(Dimensions { width: 4000, height: 3000 }),
        metadata: Some(metadata()),
        variants: vec![variant(photo, run, "150"), variant(photo, run, "300")],
        stage_log,
    }
}

/// What a run reports that failed.
pub fn fail(photo: PhotoId, run: RunId, class: ErrorClass) -> FailRun {
    let stage_log = vec![StageRecord {
        stage: "validation".parse().unwrap(),
        status: StageStatus::Failed,
        milliseconds: 7,
        error: Some("the file ends early".to_owned()),
    }];
    let failure = Failure::new(FailureCode::Damaged, "the file ends early");
    FailRun { photo_id: photo, run_id: run, class, failure, stage_log }
}
