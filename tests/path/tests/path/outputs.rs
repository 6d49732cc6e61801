//! What comes out: the right pixels, the right bytes, the right headers.

use image::{DynamicImage, GenericImageView, ImageFormat, imageops::FilterType};
use photo_core::photo::PhotoStatus;
use photo_stack::photos::{PhotoView, samples};
use reqwest::Method;
use serde_json::{Value, json};

use crate::scene::{Caller, LIMIT, ended, file_part, jpeg, sample, samples_folder, small_jpeg, stack, text, until};

/// A decoded variant of a photo in JSON.
async fn thumbnail(caller: &Caller, photo: &Value, name: &str) -> DynamicImage {
    let reply = caller.get(&format!("/photos/{}/variants/{name}", text(&photo["id"]))).await;
    assert_eq!(reply.status(), 200, "{name} of {photo}");
    image::load_from_memory(&reply.bytes().await.unwrap()).unwrap()
}

/// Mean absolute difference of two pictures of the same size, 0 to 255.
fn difference(a: &DynamicImage, b: &DynamicImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let (a, b) = (a.to_rgb8(), b.to_rgb8());
    let sum: u64 = a.iter().zip(b.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    #[expect(clippy::cast_precision_loss, reason = "a sum over some thousand pixels")]
    let mean = sum as f64 / a.len() as f64;
    mean
}

#[tokio::test]
async fn every_good_sample_becomes_three_jpegs_that_fit_their_boxes() {
    let stack = stack().await;
    let photos = stack.photos_of("alice").unwrap();
    let mut uploaded = Vec::new();
    for sample in samples(&samples_folder()).unwrap() {
        let bytes = std::fs::read(&sample.path).unwrap();
        uploaded.push((photos.upload(&sample.name, bytes.clone()).await.unwrap().id, sample, bytes));
    }
    for (id, sample, original) in uploaded {
        let photo = ended(&photos, id).await;
        assert_eq!(photo.status, sample.expected(), "{}", sample.name);
        if photo.status == PhotoStatus::Completed {
            let boxes: Vec<&str> = photo.variants.iter().map(|variant| variant.name.as_str()).collect();
            assert_eq!(boxes, ["150", "300", "600"], "{}", sample.name);
            for variant in &photo.variants {
                let bytes = photos.bytes_of(variant).await.unwrap();
                assert_eq!(image::guess_format(&bytes).unwrap(), ImageFormat::Jpeg, "{}", sample.name);
                assert_ne!(bytes, original, "{}", sample.name);
                assert_eq!(bytes.len() as u64, variant.size_bytes, "{}", sample.name);
                let decoded = image::load_from_memory(&bytes).unwrap();
                assert_eq!(decoded.dimensions(), (variant.width, variant.height), "{}", sample.name);
                let edge: u32 = variant.name.as_str().parse().unwrap();
                let (longer, source) = (variant.width.max(variant.height), longer_edge(&original));
                assert_eq!(longer, edge.min(source), "{} in {edge}", sample.name);
            }
        }
    }
}

fn longer_edge(original: &[u8]) -> u32 {
    let (width, height) = image::load_from_memory(original).unwrap().dimensions();
    width.max(height)
}

#[tokio::test]
async fn a_photo_smaller_than_a_box_is_not_enlarged() {
    let stack = stack().await;
    let photos = stack.photos_of("alice").unwrap();
    let original = jpeg(200, 120, 7);
    let id = photos.upload("small.jpg", original.clone()).await.unwrap().id;
    let photo: PhotoView = ended(&photos, id).await;
    let sizes: Vec<(u32, u32)> = photo.variants.iter().map(|variant| (variant.width, variant.height)).collect();
    assert_eq!(sizes, [(150, 90), (200, 120), (200, 120)]);
    assert_ne!(photos.bytes_of(&photo.variants[2]).await.unwrap(), original, "it is encoded anew all the same");
}

#[tokio::test]
async fn a_sideways_photo_comes_out_upright() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let bytes = sample("dogs-sideways.jpg");
    let photo = caller.accepted("dogs.jpg", &bytes).await;
    let photo = caller.ended(&photo["id"]).await;
    assert_eq!((&photo["width"], &photo["height"]), (&json!(1198), &json!(1800)), "its size is that of the view");
    let shown = thumbnail(&caller, &photo, "300").await;
    assert!(shown.height() > shown.width());
    // EXIF orientation 6: to be turned a quarter to the right.
    let stored = image::load_from_memory(&bytes).unwrap();
    let scaled = |picture: &DynamicImage| picture.resize_exact(shown.width(), shown.height(), FilterType::Triangle);
    let (upright, upside_down, sideways) = (scaled(&stored.rotate90()), scaled(&stored.rotate270()), scaled(&stored));
    let right = difference(&shown, &upright);
    assert!(right < 10.0, "{right} from the picture turned upright");
    for wrong in [upside_down, sideways] {
        let wrong = difference(&shown, &wrong);
        assert!(
            wrong > 3.0 * right && wrong > 20.0,
            "{wrong} from a picture turned wrongly, {right} from the right one"
        );
    }
}

#[tokio::test]
async fn a_transparent_photo_is_laid_on_white() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let bytes = sample("fig-transparent.png");
    assert_eq!(image::load_from_memory(&bytes).unwrap().get_pixel(0, 0).0[3], 0, "the sample's corner is transparent");
    let photo = caller.accepted("fig.png", &bytes).await;
    let photo = caller.ended(&photo["id"]).await;
    let shown = thumbnail(&caller, &photo, "300").await.to_rgb8();
    let (right, bottom) = (shown.width() - 1, shown.height() - 1);
    for (x, y) in [(0, 0), (right, 0), (0, bottom), (right, bottom)] {
        assert!(shown.get_pixel(x, y).0.iter().all(|shade| *shade > 245), "{x},{y}: {:?}", shown.get_pixel(x, y));
    }
    let middle = shown.get_pixel(right / 2, bottom / 2).0;
    assert!(middle.iter().any(|shade| *shade < 230), "the fig is still there: {middle:?}");
}

#[tokio::test]
async fn bytes_are_served_as_pictures_only_and_asked_for_again_by_their_tag() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let original = small_jpeg(3);
    let photo = caller.accepted("<b>\"quoted\".jpg", &original).await;
    let photo = caller.ended(&photo["id"]).await;
    let id = text(&photo["id"]);
    let stored = caller.get(&format!("/photos/{id}/original")).await.bytes().await.unwrap();
    assert_eq!(stored, original, "the original is exactly what was uploaded");
    for path in [format!("/photos/{id}/original"), format!("/photos/{id}/variants/150")] {
        let reply = caller.get(&path).await;
        let headers = reply.headers().clone();
        assert_eq!(headers["content-type"], "image/jpeg");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
        assert!(headers["content-disposition"].to_str().unwrap().contains(id), "the file is saved under the id");
        assert!(headers["cache-control"].to_str().unwrap().contains("private"));
        assert_eq!(headers["content-length"], reply.bytes().await.unwrap().len().to_string());
        let again = caller.request(Method::GET, &path).header("if-none-match", &headers["etag"]).send().await.unwrap();
        assert_eq!(again.status(), 304, "{path}");
        assert_eq!(again.headers()["etag"], headers["etag"]);
        assert_eq!(again.bytes().await.unwrap().len(), 0);
        let other = caller.request(Method::GET, &path).header("if-none-match", "\"other\"").send().await.unwrap();
        assert_eq!(other.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn answers_name_nothing_of_the_inside() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let good = caller.accepted("good.jpg", &small_jpeg(4)).await;
    let bad = caller.accepted("bad.jpg", &sample("broken.jpg")).await;
    let good = text(&caller.ended(&good["id"]).await["id"]).to_owned();
    let bad = text(&caller.ended(&bad["id"]).await["id"]).to_owned();
    let missing = "01890a5d-ac96-774b-bcce-b302099a8057";
    let inside = [
        "images",
        "thumbnails",
        "backups",
        "originals",
        "derived",
        "local/",
        "bucket",
        "redis",
        "bull",
        "sqlite",
        "minio",
        "127.0.0.1",
        "/tmp",
        ".rs:",
        "axum",
        "hyper",
    ];
    let paths = [
        "/photos".to_owned(),
        "/pipelines".to_owned(),
        format!("/photos/{good}"),
        format!("/photos/{bad}"),
        format!("/photos/{good}/variants/150"),
        format!("/photos/{good}/original"),
        format!("/photos/{bad}/variants/150"),
        format!("/photos/{missing}"),
        format!("/photos/{missing}/original"),
        "/photos?limit=nonsense".to_owned(),
        "/nowhere".to_owned(),
    ];
    for path in paths {
        let reply = caller.get(&path).await;
        let mut told = format!("{:?}\n", reply.headers());
        if !told.contains("image/jpeg") {
            told += &reply.text().await.unwrap();
        }
        let told = told.to_lowercase();
        for word in inside {
            assert!(!told.contains(word), "{path} names `{word}`:\n{told}");
        }
    }
}

#[tokio::test]
async fn photos_are_listed_newest_first_without_holes() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let mut uploaded = Vec::new();
    for seed in 0..7 {
        uploaded.push(caller.accepted("one.jpg", &small_jpeg(seed)).await["id"].clone());
    }
    uploaded.reverse();
    let mut listed = Vec::new();
    let mut more = Vec::new();
    let mut path = "/photos?limit=3".to_owned();
    while more.last() != Some(&json!(false)) {
        let page = caller.json(&path).await;
        listed.extend(page["photos"].as_array().unwrap().iter().map(|photo| photo["id"].clone()));
        more.push(page["hasMore"].clone());
        path = format!("/photos?limit=3&after={}", text(listed.last().unwrap()));
    }
    assert_eq!(listed, uploaded);
    assert_eq!(more, [true, true, false]);
    for id in &uploaded {
        caller.ended(id).await;
    }
    let completed = caller.json("/photos?status=completed&limit=200").await;
    assert_eq!(completed["photos"].as_array().unwrap().len(), 7);
    assert_eq!(caller.json("/photos?status=failed").await["photos"], json!([]));
}

#[tokio::test]
async fn pipelines_are_counted() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    for (name, bytes) in [("good.jpg", small_jpeg(1)), ("good.jpg", small_jpeg(2)), ("bad.jpg", sample("broken.jpg"))] {
        let photo = caller.accepted(name, &bytes).await;
        caller.ended(&photo["id"]).await;
    }
    let counts = json!([{
        "name": "full-processing", "state": "Running", "queued": 0, "processing": 0,
        "dead": 0, "completedTotal": 2, "failedTotal": 1,
    }]);
    until("the numbers are right", LIMIT, async || {
        (caller.json("/pipelines").await["pipelines"] == counts).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_api_is_the_same_below_api() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let reply = caller.upload("/api/photos/upload", &[file_part("a.jpg", &small_jpeg(1))]).await;
    assert_eq!(reply.status(), 201);
    let uploaded: Value = reply.json().await.unwrap();
    let photo = caller.ended(&uploaded["photos"][0]["id"]).await;
    let id = text(&photo["id"]);
    for path in ["/photos".to_owned(), format!("/photos/{id}"), "/pipelines".to_owned()] {
        assert_eq!(caller.json(&format!("/api{path}")).await, caller.json(&path).await);
    }
    for path in [format!("/photos/{id}/original"), format!("/photos/{id}/variants/300")] {
        let (below, plain) = (caller.get(&format!("/api{path}")).await, caller.get(&path).await);
        assert_eq!(below.headers()["etag"], plain.headers()["etag"]);
        assert_eq!(below.bytes().await.unwrap(), plain.bytes().await.unwrap());
    }
}
