//! Watermarks on nodes: the file of a ConfigMap reaches the pictures, and why workers do not start is told.

use image::{GenericImageView, Rgb, RgbImage};
use photo_stack::photos::Photos;

use crate::scene::{Place, completed, photo_path, sample};

/// What a pipeline shows of the photo, in at most 600 pixels.
async fn preview(photos: &Photos, pipeline: &str) -> RgbImage {
    let pipeline = pipeline.parse().unwrap();
    let photo = photos.upload_file(&photo_path(), Some(&pipeline), |_| {}).await.unwrap();
    let photo = completed(photos, photo).await;
    let preview = photo.variants.iter().find(|variant| variant.name.as_str() == "600").unwrap();
    image::load_from_memory(&photos.bytes_of(preview).await.unwrap()).unwrap().into_rgb8()
}

/// How far colours of two pictures are apart in a part of them: their left, upper, width and height.
fn difference(one: &RgbImage, other: &RgbImage, (left, top, width, height): (u32, u32, u32, u32)) -> u64 {
    let part = |picture: &RgbImage| picture.view(left, top, width, height).to_image();
    let apart = |(Rgb(one), Rgb(other)): (&Rgb<u8>, &Rgb<u8>)| {
        one.iter().zip(other).map(|(one, other)| u64::from(one.abs_diff(*other))).sum::<u64>()
    };
    let sum: u64 = part(one).pixels().zip(part(other).pixels()).map(apart).sum();
    sum / u64::from(3 * width * height)
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn the_logo_of_a_config_map_is_on_the_pictures() {
    let place = Place::quickstart("logo").await;
    let documents = sample("logo-processing.yaml");
    let (pipeline, config_map) = documents.split_once("\n---\n").unwrap();
    place.apply(pipeline).await;
    let missing = place.told("processingpipeline/logo-processing", "Stalled", "True", "ConfigMapMissing").await;
    assert!(missing.contains("`photo-club-logo`"), "{missing}");
    place.apply(config_map).await;
    place.kubectl(&["wait", "--for=condition=Ready", "processingpipeline/logo-processing", "--timeout=180s"]).await;
    let (gateway, token) = place.gateway().await;
    let photos = Photos::new(&gateway.url(), &token).unwrap();
    let marked = preview(&photos, "logo-processing").await;
    let plain = preview(&photos, "full-processing").await;
    assert_eq!(marked.dimensions(), plain.dimensions());
    let (width, height) = plain.dimensions();
    // 15 % of both sides, and a margin.
    let corner = (width - width / 5, 0, width / 5, height / 5);
    assert!(difference(&marked, &plain, corner) >= 5, "{}", difference(&marked, &plain, corner));
    assert_eq!(difference(&marked, &plain, (0, height / 2, width, height / 2)), 0);
    place.gone().await;
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn why_workers_do_not_start_is_told() {
    let place = Place::quickstart("unshown").await;
    place.apply(&sample("watermarked-processing.yaml").replace("© Photo Club", "写真")).await;
    let why = place.told("processingpipeline/watermarked-processing", "Ready", "False", "CrashLooping").await;
    assert!(why.contains('写') && why.contains("`watermark`"), "{why}");
    place.gone().await;
}
