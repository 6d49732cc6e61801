use std::{ffi::OsStr, fs, io, os::unix, os::unix::ffi::OsStrExt, path::Path, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, future::join_all};
use photo_core::{
    blob_key::BlobKey,
    id::{PhotoId, RunId, UploadId},
    image_format::ImageFormat,
    port::ErrorKind,
};
use tempfile::TempDir;

use super::*;

/// A prepared store in a folder of its own.
struct Fixture {
    store: Arc<FilesBlobStore>,
    path: PathBuf,
    _folder: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photos");
        let store = Arc::new(open(&path).unwrap());
        store.prepare("one").await.unwrap();
        Self { store, path, _folder: folder }
    }

    async fn put(&self, location: &BlobLocation, size_bytes: usize) {
        self.store.put(location, ImageFormat::Webp.into(), &bytes(size_bytes)).await.unwrap();
    }

    fn write(&self, name: impl AsRef<Path>) {
        let file = self.path.join("images").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "stranger").unwrap();
    }

    /// Every name in the folder of a bucket, the folder itself apart.
    fn names(&self, bucket: &str) -> Vec<String> {
        let walk = walkdir::WalkDir::new(self.path.join(bucket)).min_depth(1).sort_by_file_name();
        walk.into_iter().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

fn open(path: &Path) -> Result<FilesBlobStore, OpenError> {
    FilesBlobStore::open(&FilesConfig { path: path.to_owned() })
}

fn bytes(count: usize) -> BlobBody {
    BlobBody::Bytes(vec![7; count].into())
}

fn original() -> BlobLocation {
    let key = BlobKey::Original { photo: PhotoId::generate(), upload: UploadId::generate() };
    BlobLocation { bucket: BucketPurpose::Originals, key }
}

fn output(photo: PhotoId, run: RunId, variant: &str) -> BlobLocation {
    let key = BlobKey::Derived { photo, run, variant: variant.parse().unwrap(), format: ImageFormat::Webp };
    BlobLocation { bucket: BucketPurpose::Variants, key }
}

/// Every call, and the kind in which it failed.
async fn kinds(store: &FilesBlobStore) -> Vec<Option<ErrorKind>> {
    let location = original();
    let errors = [
        store.put(&location, ImageFormat::Jpeg.into(), &bytes(1)).await.err(),
        store.get(&location).await.err(),
        store.size(&location).await.err(),
        store.delete(&location).await.err(),
        store.list(location.bucket, BlobScope::All).await.err(),
        store.ready().await.err(),
        store.prepare("one").await.err(),
    ];
    errors.into_iter().map(|error| error.map(|error| error.kind())).collect()
}

#[tokio::test]
async fn strangers_files_are_listed_as_they_are_and_links_are_not() {
    let files = Fixture::new().await;
    let location = original();
    files.put(&location, 3).await;
    for name in ["d e+f", "ü/写真", "originals/.hidden", "below/.unfinished/x"] {
        files.write(name);
    }
    files.write(OsStr::from_bytes(b"latin-\xe9"));
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    unix::fs::symlink(outside.path(), files.path.join("images/linked-folder")).unwrap();
    unix::fs::symlink(outside.path().join("secret"), files.path.join("images/linked-file")).unwrap();
    fs::write(files.path.join("images/.unfinished/half"), "half").unwrap();

    let mut listed = files.store.list(BucketPurpose::Originals, BlobScope::All).await.unwrap();
    listed.sort_by(|a, b| a.key.cmp(&b.key));
    let entry = |key: &str, size_bytes| BlobEntry { key: key.to_owned(), size_bytes };
    let mut expected = ["d e+f", "ü/写真", "originals/.hidden", "below/.unfinished/x", "latin-\u{fffd}"]
        .map(|key| entry(key, 8))
        .to_vec();
    expected.push(entry(&location.key.to_string(), 3));
    expected.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn a_listing_has_all_pages() {
    let files = Fixture::new().await;
    for n in 0..2_500 {
        files.write(format!("{}/{n}", n % 7));
    }
    assert_eq!(files.store.list(BucketPurpose::Originals, BlobScope::All).await.unwrap().len(), 2_500);
}

#[tokio::test]
async fn a_bucket_may_be_a_link_to_another_disk() {
    let files = Fixture::new().await;
    let elsewhere = tempfile::tempdir().unwrap();
    fs::rename(files.path.join("thumbnails"), elsewhere.path().join("moved")).unwrap();
    unix::fs::symlink(elsewhere.path().join("moved"), files.path.join("thumbnails")).unwrap();
    let location = output(PhotoId::generate(), RunId::generate(), "150");
    files.put(&location, 5).await;
    let entry = BlobEntry { key: location.key.to_string(), size_bytes: 5 };
    assert_eq!(files.store.list(location.bucket, BlobScope::All).await.unwrap(), [entry]);
    files.store.delete(&location).await.unwrap();
    files.store.ready().await.unwrap();
    assert_eq!(files.names("thumbnails"), [".unfinished"]);
}

#[tokio::test]
async fn a_delete_takes_the_empty_folders_along_and_no_other() {
    let files = Fixture::new().await;
    let (photo, run) = (PhotoId::generate(), RunId::generate());
    let [small, large] = ["150", "300"].map(|variant| output(photo, run, variant));
    let other_run = output(photo, RunId::generate(), "150");
    for location in [&small, &large, &other_run] {
        files.put(location, 1).await;
    }
    for (location, files_and_folders) in [(&small, 6), (&small, 6), (&large, 4), (&other_run, 0)] {
        files.store.delete(location).await.unwrap();
        let names = files.names("thumbnails");
        assert_eq!(names.iter().filter(|name| *name != ".unfinished").count(), files_and_folders, "{names:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_put_and_the_delete_of_its_last_neighbour_do_not_meet() {
    const ROUNDS: usize = 300;
    let files = Fixture::new().await;
    let (photo, run) = (PhotoId::generate(), RunId::generate());
    let rounds = ["one", "two", "three"].map(|variant| {
        let (store, location) = (Arc::clone(&files.store), output(photo, run, variant));
        tokio::spawn(async move {
            for _ in 0..ROUNDS {
                store.put(&location, ImageFormat::Webp.into(), &bytes(1)).await.unwrap();
                assert_eq!(store.size(&location).await.unwrap(), 1);
                store.delete(&location).await.unwrap();
            }
        })
    });
    for rounds in join_all(rounds).await {
        rounds.unwrap();
    }
    assert_eq!(files.names("thumbnails"), [".unfinished"]);
}

#[tokio::test]
async fn a_put_that_fails_leaves_nothing() {
    let files = Fixture::new().await;
    let source = files.path.with_file_name("source");
    fs::write(&source, [7; 100]).unwrap();
    for size_bytes in [99, 101] {
        let body = BlobBody::File { path: source.clone(), size_bytes };
        let error = files.store.put(&original(), ImageFormat::Jpeg.into(), &body).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{}", error.chain());
    }
    assert_eq!(files.names("images"), [".unfinished"]);
}

#[tokio::test]
async fn an_object_is_read_in_pieces_and_one_that_became_shorter_is_corrupt() {
    let files = Fixture::new().await;
    let (location, size_bytes) = (original(), 4 * CHUNK_BYTES);
    files.put(&location, size_bytes).await;
    let reader = files.store.get(&location).await.unwrap();
    assert_eq!(reader.size_bytes, size_bytes as u64);
    let chunks: Vec<Bytes> = reader.chunks.try_collect().await.unwrap();
    assert_eq!(chunks.iter().map(Bytes::len).sum::<usize>(), size_bytes);
    assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK_BYTES));

    let mut reader = files.store.get(&location).await.unwrap();
    reader.chunks.next().await.unwrap().unwrap();
    File::options().write(true).open(files.store.layout.place(&location).file).unwrap().set_len(10).unwrap();
    let rest: Result<Vec<Bytes>, PortError> = reader.chunks.try_collect().await;
    assert_eq!(rest.unwrap_err().kind(), ErrorKind::Corrupt);
}

#[tokio::test]
async fn what_a_crash_left_unfinished_is_removed_at_the_next_start() {
    let files = Fixture::new().await;
    let location = original();
    files.put(&location, 3).await;
    let Fixture { store, path, _folder } = files;
    drop(store);
    fs::write(path.join("images/.unfinished/.tmpA1"), "half").unwrap();
    fs::write(path.join("backups/.unfinished/.tmpB2"), "half").unwrap();
    fs::write(path.join(".owner-x"), "on").unwrap();
    let store = open(&path).unwrap();
    for gone in ["images/.unfinished/.tmpA1", "backups/.unfinished/.tmpB2", ".owner-x"] {
        assert!(!path.join(gone).exists(), "{gone}");
    }
    assert_eq!(store.size(&location).await.unwrap(), 3);
    assert_eq!(store.prepare("another").await.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_folder_is_one_stores_at_a_time() {
    let files = Fixture::new().await;
    let error = open(&files.path).unwrap_err();
    assert!(matches!(&error, OpenError::InUse(path) if *path == files.path), "{error}");
    drop(files.store);
    open(&files.path).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = open(&file.join("photos")).unwrap_err();
    assert!(matches!(&error, OpenError::Make { path, .. } if *path == file.join("photos")), "{error}");
}

#[tokio::test]
async fn one_of_two_platforms_gets_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("a/b/photos")).unwrap();
    let answers = join_all(["one", "two", "one", "two"].map(|owner| store.prepare(owner))).await;
    let kinds: Vec<Option<ErrorKind>> =
        answers.iter().map(|answer| answer.as_ref().err().map(PortError::kind)).collect();
    let (conflict, made) = (Some(ErrorKind::Conflict), None);
    assert!(kinds == [made, conflict, made, conflict] || kinds == [conflict, made, conflict, made], "{kinds:?}");
    let refused = answers.into_iter().find_map(Result::err).unwrap().to_string();
    assert!(refused.contains("belongs to `") && refused.contains("choose another folder"), "{refused}");
}

#[tokio::test]
async fn a_mark_that_is_no_platforms_is_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    for mark in [Vec::new(), vec![b'x'; 300], b"one ".to_vec()] {
        fs::write(folder.path().join(".owner"), &mark).unwrap();
        assert_eq!(store.prepare("one").await.unwrap_err().kind(), ErrorKind::Conflict, "{mark:?}");
        assert!(!folder.path().join("images").exists(), "the folder is not ours, and nothing is made in it");
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_is_unavailable_and_not_made_again_until_it_is_back() {
    let files = Fixture::new().await;
    let away = files.path.with_file_name("away");
    fs::rename(&files.path, &away).unwrap();
    assert_eq!(kinds(&files.store).await, [Some(ErrorKind::Unavailable); 7]);
    assert!(!files.path.exists());
    fs::rename(&away, &files.path).unwrap();
    let (missing, works) = (Some(ErrorKind::NotFound), None);
    assert_eq!(kinds(&files.store).await, [works, works, works, works, works, works, works]);
    assert_eq!(files.store.size(&original()).await.err().map(|error| error.kind()), missing);
}

#[tokio::test]
async fn a_disk_that_was_exchanged_is_unavailable_until_it_is_prepared() {
    let files = Fixture::new().await;
    for bucket in ["images", "images-large", "thumbnails", "backups"] {
        fs::remove_dir_all(files.path.join(bucket)).unwrap();
    }
    let error = files.store.ready().await.unwrap_err();
    assert!(error.to_string().contains("the folder is gone; bring its disk back"), "{error}");
    let mut expected = [Some(ErrorKind::Unavailable); 7];
    expected[6] = None;
    assert_eq!(kinds(&files.store).await, expected);
    files.store.ready().await.unwrap();
}

#[tokio::test]
async fn a_reading_error_is_not_a_missing_object() {
    let files = Fixture::new().await;
    let location = original();
    // A file where a folder should be.
    files.write("originals");
    let error = files.store.size(&location).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.chain());
    let source = std::error::Error::source(&error).unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::NotADirectory);
}
