//! The laws of [`BlobStore`]. They mark the store as the platform [`OWNER`]'s and leave their objects behind.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures::{TryStreamExt, future::join_all};
use tokio::{
    join,
    time::{sleep, timeout},
};

use super::{Law, Subject, answer::kind};
use crate::{
    blob_key::{BlobKey, BlobLocation, BlobScope, BucketPurpose},
    id::{PhotoId, RunId, UploadId},
    image_format::ImageFormat,
    port::{
        BlobStore, ErrorKind, PortError,
        blob_store::{BlobBody, BlobEntry},
    },
};

/// The platform that the laws prepare every store for.
pub const OWNER: &str = "platform-of-the-laws";

/// The laws that every store of objects keeps.
pub const LAWS: &[Law<dyn BlobStore>] = crate::laws![dyn BlobStore;
    what_was_put_reads_back_byte_for_byte,
    a_put_again_of_the_same_bytes_succeeds,
    many_puts_at_once_all_arrive,
    a_missing_object_is_not_found,
    delete_is_idempotent,
    a_copy_has_the_same_bytes_and_outlives_its_source,
    what_is_not_there_is_not_copied,
    a_listing_shows_the_scope_and_nothing_else,
    what_is_erased_is_gone_and_what_is_beside_it_stays,
    keys_of_two_photos_do_not_meet,
    a_body_file_that_ends_early_stores_nothing,
    prepare_is_repeatable,
    another_owner_is_refused,
    put_objects_survive_a_killed_server,
    a_crash_in_the_middle_of_a_put_leaves_all_or_nothing;
    with a server:
    a_dead_server_is_unavailable_within_the_limit,
];

const MIB: usize = 1024 * 1024;

/// Longer than any adapter's own limit.
const LIMIT: Duration = Duration::from_mins(3);

async fn what_was_put_reads_back_byte_for_byte(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    let folder = Folder::new();
    for size_bytes in [0, 1, 5 * MIB - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB + 17] {
        let bytes = noise(size_bytes);
        for body in [BlobBody::Bytes(bytes.clone()), folder.body(&bytes)] {
            let location = original(PhotoId::generate());
            store.put(&location, ImageFormat::Jpeg.into(), &body).await.unwrap();
            assert_eq!(store.size(&location).await.unwrap(), size_bytes as u64);
            assert!(read(&*store, &location).await.unwrap() == bytes, "{size_bytes} bytes came back changed");
        }
    }
}

async fn a_put_again_of_the_same_bytes_succeeds(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    for size_bytes in [10, 9 * MIB] {
        let (location, bytes) = (original(PhotoId::generate()), noise(size_bytes));
        for _ in 0..2 {
            store.put(&location, ImageFormat::Png.into(), &BlobBody::Bytes(bytes.clone())).await.unwrap();
        }
        assert!(read(&*store, &location).await.unwrap() == bytes);
    }
}

async fn many_puts_at_once_all_arrive(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    let photos: Vec<(BlobLocation, Bytes)> =
        (0..40).map(|n| (original(PhotoId::generate()), noise(1000 * n + 1))).collect();
    let puts = photos.iter().map(async |(location, bytes)| {
        store.put(location, ImageFormat::Gif.into(), &BlobBody::Bytes(bytes.clone())).await.unwrap();
    });
    join_all(puts).await;
    for (location, bytes) in &photos {
        assert_eq!(read(&*store, location).await.unwrap(), bytes);
    }
}

async fn a_missing_object_is_not_found(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    for bucket in BucketPurpose::ALL {
        let location = BlobLocation { bucket, ..original(PhotoId::generate()) };
        assert_eq!(kind(read(&*store, &location).await), ErrorKind::NotFound);
        assert_eq!(kind(store.size(&location).await), ErrorKind::NotFound);
    }
}

async fn delete_is_idempotent(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    let photo = PhotoId::generate();
    let (deleted, kept) = (original(photo), original(photo));
    for location in [&deleted, &kept] {
        store.put(location, ImageFormat::Bmp.into(), &BlobBody::Bytes(noise(10))).await.unwrap();
    }
    for _ in 0..2 {
        store.delete(&deleted).await.unwrap();
        assert_eq!(kind(read(&*store, &deleted).await), ErrorKind::NotFound);
    }
    assert_eq!(store.size(&kept).await.unwrap(), 10);
}

async fn a_copy_has_the_same_bytes_and_outlives_its_source(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    for size_bytes in [0, 10, 9 * MIB] {
        let (source, bytes) = (original(PhotoId::generate()), noise(size_bytes));
        store.put(&source, ImageFormat::Png.into(), &BlobBody::Bytes(bytes.clone())).await.unwrap();
        let target = quarantined(&source);
        for _ in 0..2 {
            store.copy(&source, &target.key).await.unwrap();
        }
        assert!(read(&*store, &source).await.unwrap() == bytes, "the source stays as it is");
        store.delete(&source).await.unwrap();
        assert!(read(&*store, &target).await.unwrap() == bytes, "{size_bytes} bytes were copied");
    }
}

async fn what_is_not_there_is_not_copied(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    let source = original(PhotoId::generate());
    let target = quarantined(&source);
    assert_eq!(kind(store.copy(&source, &target.key).await), ErrorKind::NotFound);
    assert_eq!(kind(store.size(&target).await), ErrorKind::NotFound);
}

async fn a_listing_shows_the_scope_and_nothing_else(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    let photo = PhotoId::generate();
    let (first, second) = (RunId::generate(), RunId::generate());
    let mut outputs = Vec::new();
    for (run, variant, size_bytes) in [(first, "150", 15), (first, "300", 30), (second, "150", 16)] {
        let location = output(photo, run, variant);
        store.put(&location, ImageFormat::Webp.into(), &BlobBody::Bytes(noise(size_bytes))).await.unwrap();
        outputs.push(BlobEntry { key: location.key.to_string(), size_bytes: size_bytes as u64 });
    }
    let list = async |scope| {
        let mut entries = store.list(BucketPurpose::Variants, scope).await.unwrap();
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        entries
    };
    assert_eq!(list(BlobScope::Run { photo, run: first }).await, outputs[..2]);
    assert_eq!(list(BlobScope::Run { photo, run: second }).await, outputs[2..]);
    assert_eq!(list(BlobScope::Run { photo, run: RunId::generate() }).await, []);
    assert_eq!(list(BlobScope::Outputs { photo }).await, outputs);
    assert_eq!(list(BlobScope::Outputs { photo: PhotoId::generate() }).await, []);
    assert_eq!(list(BlobScope::Originals { photo }).await, []);
    let ours = list(BlobScope::All).await.into_iter().filter(|entry| entry.key.contains(&photo.to_string()));
    assert_eq!(ours.collect::<Vec<_>>(), outputs);
    // What the store keeps for itself is no object of the platform.
    for bucket in BucketPurpose::ALL {
        for entry in store.list(bucket, BlobScope::All).await.unwrap() {
            assert!(entry.key.parse::<BlobKey>().is_ok(), "{} is listed", entry.key);
        }
    }
}

async fn what_is_erased_is_gone_and_what_is_beside_it_stays(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    let (photo, neighbour, run) = (PhotoId::generate(), PhotoId::generate(), RunId::generate());
    let uploads = [original(photo), original(photo)];
    let outputs = [output(photo, run, "150"), output(photo, run, "300"), output(photo, RunId::generate(), "150")];
    let beside = [original(neighbour), output(neighbour, run, "150")];
    for location in uploads.iter().chain(&outputs).chain(&beside) {
        store.put(location, ImageFormat::Webp.into(), &BlobBody::Bytes(noise(10))).await.unwrap();
    }
    let erase = async |bucket, scope| store.erase(bucket, scope).await.unwrap();
    assert_eq!(erase(BucketPurpose::Variants, BlobScope::Run { photo, run }).await, 2);
    assert_eq!(store.size(&outputs[2]).await.unwrap(), 10, "another run's stay");
    assert_eq!(erase(BucketPurpose::Variants, BlobScope::Outputs { photo }).await, 1);
    assert_eq!(erase(BucketPurpose::Originals, BlobScope::Originals { photo }).await, 2);
    for bucket in BucketPurpose::ALL {
        for scope in [BlobScope::Originals { photo }, BlobScope::Outputs { photo }] {
            assert_eq!(erase(bucket, scope).await, 0, "nothing is left");
        }
    }
    for location in uploads.iter().chain(&outputs) {
        assert_eq!(kind(store.size(location).await), ErrorKind::NotFound);
    }
    for location in &beside {
        assert_eq!(store.size(location).await.unwrap(), 10);
    }
}

async fn keys_of_two_photos_do_not_meet(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    let (photo, run) = (PhotoId::generate(), RunId::generate());
    let locations = [
        original(photo),
        original(photo),
        BlobLocation { bucket: BucketPurpose::LargeOriginals, ..original(photo) },
        original(PhotoId::generate()),
        output(photo, run, "150"),
        output(photo, run, "1500"),
        output(photo, RunId::generate(), "150"),
        output(PhotoId::generate(), run, "150"),
    ];
    for (n, location) in locations.iter().enumerate() {
        store.put(location, ImageFormat::Webp.into(), &BlobBody::Bytes(noise(n + 1))).await.unwrap();
    }
    for (n, location) in locations.iter().enumerate() {
        assert_eq!(store.size(location).await.unwrap(), n as u64 + 1, "{location:?}");
    }
}

async fn a_body_file_that_ends_early_stores_nothing(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    let folder = Folder::new();
    for (actual, declared) in [(10, 11), (8 * MIB, 8 * MIB + 1), (17 * MIB, 25 * MIB)] {
        let path = folder.write(&noise(actual));
        let location = original(PhotoId::generate());
        let body = BlobBody::File { path, size_bytes: declared as u64 };
        assert_eq!(kind(store.put(&location, ImageFormat::Jpeg.into(), &body).await), ErrorKind::Invalid);
        assert_eq!(kind(store.size(&location).await), ErrorKind::NotFound);
    }
    let body = BlobBody::File { path: folder.0.join("nowhere"), size_bytes: 1 };
    assert_eq!(
        kind(store.put(&original(PhotoId::generate()), ImageFormat::Jpeg.into(), &body).await),
        ErrorKind::Invalid
    );
}

async fn prepare_is_repeatable(subject: &dyn Subject<dyn BlobStore>) {
    let store = subject.port();
    let all = join_all((0..4).map(|_| store.prepare(OWNER))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    store.prepare(OWNER).await.unwrap();
    store.ready().await.unwrap();
}

async fn another_owner_is_refused(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    assert_eq!(kind(store.prepare("another-platform").await), ErrorKind::Conflict);
    // The refusal changed nothing.
    store.prepare(OWNER).await.unwrap();
}

async fn put_objects_survive_a_killed_server(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    let mut photos = Vec::new();
    for size_bytes in [1, 300_000, 9 * MIB] {
        let (location, bytes) = (original(PhotoId::generate()), noise(size_bytes));
        store.put(&location, ImageFormat::Jpeg.into(), &BlobBody::Bytes(bytes.clone())).await.unwrap();
        photos.push((location, bytes));
    }
    subject.kill_server().await;
    subject.start_server().await;
    for (location, bytes) in photos {
        assert!(read(&*store, &location).await.unwrap() == bytes, "{} bytes changed", bytes.len());
    }
    assert_eq!(kind(store.prepare("another-platform").await), ErrorKind::Conflict);
}

async fn a_crash_in_the_middle_of_a_put_leaves_all_or_nothing(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    let bytes = noise(25 * MIB);
    let body = BlobBody::Bytes(bytes.clone());
    // The waits spread the crashes over the put; each outcome is checked, so none has to be hit.
    for wait_ms in [0, 15, 40, 90, 180] {
        let location = original(PhotoId::generate());
        let crash = async {
            sleep(Duration::from_millis(wait_ms)).await;
            subject.kill_server().await;
            subject.start_server().await;
        };
        let (put, ()) = join!(store.put(&location, ImageFormat::Png.into(), &body), crash);
        match (put, read(&*store, &location).await) {
            (_, Ok(found)) => assert!(found == bytes, "half of an object after a crash at {wait_ms} ms"),
            (Err(failed), Err(absent)) => {
                assert_eq!((failed.kind(), absent.kind()), (ErrorKind::Unavailable, ErrorKind::NotFound));
            }
            (Ok(()), Err(error)) => panic!("put at {wait_ms} ms succeeded, but: {}", error.chain()),
        }
        store.put(&location, ImageFormat::Png.into(), &body).await.unwrap();
        assert!(read(&*store, &location).await.unwrap() == bytes);
    }
}

async fn a_dead_server_is_unavailable_within_the_limit(subject: &dyn Subject<dyn BlobStore>) {
    let store = prepared(subject).await;
    let (location, small, large) = (original(PhotoId::generate()), noise(10), noise(9 * MIB));
    subject.kill_server().await;
    let answers = timeout(LIMIT, async {
        [
            kind(store.put(&location, ImageFormat::Jpeg.into(), &BlobBody::Bytes(small.clone())).await),
            kind(store.put(&location, ImageFormat::Jpeg.into(), &BlobBody::Bytes(large)).await),
            kind(store.get(&location).await.map(drop)),
            kind(store.size(&location).await),
            kind(store.delete(&location).await),
            kind(store.list(location.bucket, BlobScope::All).await),
            kind(
                store
                    .erase(location.bucket, BlobScope::Run { photo: PhotoId::generate(), run: RunId::generate() })
                    .await,
            ),
            kind(store.prepare(OWNER).await),
            kind(store.ready().await),
        ]
    });
    assert_eq!(answers.await.unwrap(), [ErrorKind::Unavailable; 9]);
    subject.start_server().await;
    store.ready().await.unwrap();
    store.put(&location, ImageFormat::Jpeg.into(), &BlobBody::Bytes(small.clone())).await.unwrap();
    assert_eq!(read(&*store, &location).await.unwrap(), small);
}

async fn prepared(subject: &dyn Subject<dyn BlobStore>) -> Arc<dyn BlobStore> {
    let store = subject.port();
    store.prepare(OWNER).await.unwrap();
    store
}

async fn read(store: &dyn BlobStore, location: &BlobLocation) -> Result<Bytes, PortError> {
    let reader = store.get(location).await?;
    let chunks: Vec<Bytes> = reader.chunks.try_collect().await?;
    let whole = chunks.concat();
    assert_eq!(whole.len() as u64, reader.size_bytes, "the announced length is another");
    Ok(whole.into())
}

/// A new location for an original of that photo.
fn original(photo: PhotoId) -> BlobLocation {
    let key = BlobKey::Original { photo, upload: UploadId::generate() };
    BlobLocation { bucket: BucketPurpose::Originals, key }
}

/// Where an original is put out of the way.
fn quarantined(location: &BlobLocation) -> BlobLocation {
    let BlobKey::Original { photo, upload } = location.key else { panic!("{location:?} is an original") };
    BlobLocation { bucket: location.bucket, key: BlobKey::Quarantined { photo, upload } }
}

fn output(photo: PhotoId, run: RunId, variant: &str) -> BlobLocation {
    let key = BlobKey::Derived { photo, run, variant: variant.parse().unwrap(), format: ImageFormat::Webp };
    BlobLocation { bucket: BucketPurpose::Variants, key }
}

/// Bytes that differ from place to place, so that swapped, missing and repeated parts show.
fn noise(size_bytes: usize) -> Bytes {
    let mut state = size_bytes as u64 | 1;
    let mut bytes = Vec::with_capacity(size_bytes + 8);
    while bytes.len() < size_bytes {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size_bytes);
    bytes.into()
}

/// A folder for files to store, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = env::temp_dir().join(format!("photo-laws-{}", UploadId::generate()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(UploadId::generate().to_string());
        fs::write(&path, bytes).unwrap();
        path
    }

    fn body(&self, bytes: &[u8]) -> BlobBody {
        BlobBody::File { path: self.write(bytes), size_bytes: bytes.len() as u64 }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(Path::new(&self.0)).unwrap();
    }
}
