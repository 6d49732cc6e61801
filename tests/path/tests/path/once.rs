//! What it means that a photo is completed once: one photo, three outputs of one run, and no job that is left.

use photo_core::{id::PhotoId, photo::PhotoStatus};
use photo_stack::{
    Stack, StackOptions,
    minio_server::MinioServer,
    photos::{PhotoView, Photos},
    redis_server::RedisServer,
    reply_cutter::ReplyCutter,
};
use reqwest::multipart::{Form, Part};

use crate::scene::{LIMIT, ended, http, until};

/// A platform with its own servers, and a relay in front of its storage role.
pub(crate) async fn cut_stack(workers: usize) -> Stack {
    let mut options = StackOptions { own_servers: true, storage_cutter: true, ..StackOptions::default() };
    options.pipelines[0].workers = workers;
    Stack::start(&options).await.unwrap()
}

pub(crate) fn cutter(stack: &Stack) -> &ReplyCutter {
    stack.cutter.as_ref().unwrap()
}

pub(crate) fn redis(stack: &Stack) -> &RedisServer {
    stack.backing.redis.as_ref().unwrap()
}

pub(crate) fn minio(stack: &Stack) -> &MinioServer {
    stack.backing.minio.as_ref().unwrap()
}

/// Sends one photo and returns the answer, whatever it is.
pub(crate) async fn send_photo(stack: &Stack, photos: &Photos, bytes: Vec<u8>) -> reqwest::Response {
    let form = Form::new().part("photos", Part::bytes(bytes).file_name("photo.jpg"));
    let request = http().post(format!("{}/photos/upload", stack.api.url())).bearer_auth(photos.token());
    request.multipart(form).send().await.unwrap()
}

/// How many jobs of all workers ended that way.
pub(crate) async fn jobs_ended(stack: &Stack, outcome: &str) -> u64 {
    let mut count = 0;
    for worker in &stack.workers {
        // One that is not running has no numbers.
        count += worker.metric(&format!("photo_worker_jobs_total{{outcome=\"{outcome}\"}}")).await.unwrap_or(0);
    }
    count
}

/// Waits until as many jobs ended that way.
pub(crate) async fn until_jobs_ended(stack: &Stack, outcome: &str, count: u64) {
    let ask = async || (jobs_ended(stack, outcome).await >= count).then_some(());
    until(&format!("{count} jobs end as {outcome}"), LIMIT, ask).await;
}

/// Waits until no job is taken, waits, or is put off.
pub(crate) async fn until_queue_is_empty(stack: &Stack) {
    let ask = async || {
        for count in [
            "LLEN bull:full-processing:active",
            "LLEN bull:full-processing:wait",
            "ZCARD bull:full-processing:prioritized",
            "ZCARD bull:full-processing:delayed",
        ] {
            if redis(stack).ask(count).await.ok()? != ":0" {
                return None;
            }
        }
        Some(())
    };
    until("the queue is empty", LIMIT, ask).await;
}

/// Waits until the photo has ended and its jobs are gone, and requires that it was completed once. Where `tidy`, nothing
/// may be left of other runs; a run whose worker died leaves what it wrote to the sweep.
pub(crate) async fn completed_once(stack: &Stack, photos: &Photos, id: PhotoId, tidy: Tidy) -> PhotoView {
    ended(photos, id).await;
    until_queue_is_empty(stack).await;
    let photo = photos.photo(id).await.unwrap();
    assert_eq!((photo.status, photo.generation), (PhotoStatus::Completed, 1), "{photo:?}");
    let same = photos.list().await.unwrap().into_iter().filter(|listed| listed.id == id).count();
    assert_eq!(same, 1);
    let names: Vec<_> = photo.variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(names, ["150", "300", "600"]);
    for variant in &photo.variants {
        let picture = image::load_from_memory(&photos.bytes_of(variant).await.unwrap()).unwrap();
        assert_eq!((picture.width(), picture.height()), (variant.width, variant.height), "{variant:?}");
    }
    if tidy == Tidy::Yes {
        let keys = minio(stack).keys("thumbnails", &format!("local/derived/{id}/")).unwrap();
        assert_eq!(keys.len(), 3, "{keys:?}");
    }
    photo
}

/// Whether only the outputs of the run that counted may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tidy {
    Yes,
    No,
}
