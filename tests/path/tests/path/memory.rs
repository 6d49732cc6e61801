//! How much memory uploads take: as much for many long ones as for a few.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, future::join_all, stream};
use photo_stack::{
    Stack, StackOptions,
    figures::{Figure, Goal},
    photos::Photos,
};
use reqwest::{
    Body,
    multipart::{Form, Part},
};
use tokio::sync::oneshot;

use crate::scene::small_jpeg;

const UPLOADS: usize = 32;
const PHOTO_BYTES_MAX: usize = 50 * 1024 * 1024;

/// Longest content of a JPEG segment.
const SEGMENT_BYTES_MAX: usize = 65_533;

/// Bytes that the client hands to its connection at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// For all uploads together, on a machine that has much else to do.
const TIME_MAX: Duration = Duration::from_mins(20);

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a figure is read from the test's output")]
async fn thirty_two_uploads_of_50_mib_at_once_leave_the_api_role_below_256_mib() {
    let mut options = StackOptions { own_servers: true, ..StackOptions::default() };
    options.pipelines[0].workers = 0;
    // The one that withholds its last byte does so for as long as all others take.
    let patient = BTreeMap::from([("UPLOAD_IDLE_SECONDS".to_owned(), TIME_MAX.as_secs().to_string())]);
    options.environment.insert("api", patient);
    let stack = Stack::start(&options).await.unwrap();
    let photos = stack.photos_of("alice").unwrap();
    let photo = long_jpeg();
    assert!((PHOTO_BYTES_MAX - 4..=PHOTO_BYTES_MAX).contains(&photo.len()));

    let (release, last_byte) = oneshot::channel();
    let withheld = tokio::spawn(send(&stack, &photos, withholding(&photo, last_byte), photo.len()));
    let statuses = join_all((1..UPLOADS).map(|_| send(&stack, &photos, whole(&photo), photo.len()))).await;
    assert_eq!(statuses, vec![201; UPLOADS - 1]);
    assert!(!withheld.is_finished(), "it has not sent everything");
    release.send(()).unwrap();
    assert_eq!(withheld.await.unwrap(), 201);
    assert_eq!(photos.list().await.unwrap().len(), UPLOADS);
    let peak = Figure {
        name: "api_peak_rss_of_32_uploads_mib",
        value: stack.api.peak_rss_bytes().unwrap() as f64 / f64::from(1024 * 1024),
        unit: "MiB",
        goal: Goal::AtMost(256.0),
    };
    println!("{peak}");
    assert!(peak.is_reached(), "{peak}");
}

/// A JPEG that comments make as long as a photo may be, to within what a segment's head takes.
fn long_jpeg() -> Bytes {
    let photo = small_jpeg(7);
    let (start, rest) = photo.split_at(2);
    let mut long = start.to_vec();
    loop {
        let room = PHOTO_BYTES_MAX - long.len() - rest.len();
        if room < 4 {
            break;
        }
        let length = SEGMENT_BYTES_MAX.min(room - 4);
        long.extend([0xFF, 0xFE]);
        long.extend(u16::try_from(length + 2).unwrap().to_be_bytes());
        long.resize(long.len() + length, b' ');
    }
    long.extend(rest);
    long.into()
}

fn chunks(bytes: &Bytes) -> impl Iterator<Item = Bytes> + Send + 'static + use<> {
    let bytes = bytes.clone();
    (0..bytes.len()).step_by(CHUNK_BYTES).map(move |start| bytes.slice(start..bytes.len().min(start + CHUNK_BYTES)))
}

fn whole(photo: &Bytes) -> Body {
    Body::wrap_stream(stream::iter(chunks(photo).map(Ok::<_, std::io::Error>)))
}

/// Everything but the last byte, and that one once it is told so.
fn withholding(photo: &Bytes, told: oneshot::Receiver<()>) -> Body {
    let last = photo.slice(photo.len() - 1..);
    let last = stream::once(async move {
        told.await.map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(last)
    });
    Body::wrap_stream(stream::iter(chunks(&photo.slice(..photo.len() - 1)).map(Ok)).chain(last))
}

/// Uploads one photo and returns the answer's status.
fn send(
    stack: &Stack,
    photos: &Photos,
    body: Body,
    size_bytes: usize,
) -> impl Future<Output = u16> + Send + 'static + use<> {
    let http = reqwest::Client::builder().timeout(TIME_MAX).no_proxy().build().unwrap();
    let part = Part::stream_with_length(body, size_bytes as u64).file_name("photo.jpg");
    let form = Form::new().part("photos", part);
    let request = http.post(format!("{}/photos/upload", stack.api.url())).bearer_auth(photos.token()).multipart(form);
    async move {
        let answer = request.send().await.unwrap();
        answer.status().as_u16()
    }
}
