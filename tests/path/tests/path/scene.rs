//! What the tests of the path are made of: photos, waiting, and requests as any client sends them.

use std::{io::Cursor, path::PathBuf, time::Duration};

use image::{DynamicImage, ImageFormat, RgbImage};
use photo_core::id::PhotoId;
use photo_stack::{
    Stack, StackOptions,
    photos::{PhotoView, Photos},
};
use tokio::time::{Instant, sleep};

/// How long anything may take before a test says that it does not happen. The machine may be busy.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

const POLL: Duration = Duration::from_millis(20);

/// A platform with one worker of `full-processing`.
pub(crate) async fn stack() -> Stack {
    Stack::start(&StackOptions::default()).await.unwrap()
}

/// A platform whose Redis and MinIO are its own, to be killed or looked into.
pub(crate) async fn own_stack() -> Stack {
    Stack::start(&StackOptions { own_servers: true, ..StackOptions::default() }).await.unwrap()
}

/// A client without retries that waits as long as anything here may take.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().timeout(LIMIT).no_proxy().build().unwrap()
}

/// What `ask` finds, asked again until it finds something. Fails with `what` after `limit`.
pub(crate) async fn until<T, F>(what: &str, limit: Duration, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        sleep(POLL).await;
    }
}

/// The photo once it has ended, however it did.
pub(crate) async fn ended(photos: &Photos, id: PhotoId) -> PhotoView {
    let ask = async || photos.photo(id).await.ok().filter(|photo| photo.status.is_terminal());
    until(&format!("photo {id} ends"), LIMIT, ask).await
}

/// The folder with the sample photos.
pub(crate) fn samples_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../config/samples/photos")
}

/// The bytes of a sample photo.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let path = samples_folder().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A JPEG of a few kilobytes; two with different seeds differ.
pub(crate) fn small_jpeg(seed: u8) -> Vec<u8> {
    jpeg(200, 120, seed)
}

/// A JPEG of that many pixels.
pub(crate) fn jpeg(width: u32, height: u32, seed: u8) -> Vec<u8> {
    encoded(&gradient(width, height, seed), ImageFormat::Jpeg)
}

/// A picture without two equal corners.
pub(crate) fn gradient(width: u32, height: u32, seed: u8) -> DynamicImage {
    let shade = |part: u32, whole: u32| u8::try_from(part * 255 / whole.max(1)).unwrap();
    RgbImage::from_fn(width, height, |x, y| image::Rgb([shade(x, width), shade(y, height), seed])).into()
}

/// The picture as a file.
pub(crate) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}
