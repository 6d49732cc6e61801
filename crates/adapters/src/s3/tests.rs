use std::{collections::HashSet, fs, path::Path};

use bytes::Bytes;
use minio::s3::{response::StatObjectResponse, segmented_bytes::SegmentedBytes};
use photo_core::{
    blob_key::BlobKey,
    id::{PhotoId, UploadId},
    image_format::ImageFormat,
};
use photo_stack::minio_server::MinioServer;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
};

use super::*;

/// A MinIO with a prepared store on it.
pub(super) struct Fixture {
    pub(super) server: MinioServer,
    pub(super) store: S3BlobStore,
    pub(super) folder: TempDir,
}

impl Fixture {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = MinioServer::start(folder.path()).await.unwrap();
        let store = S3BlobStore::new(&config(&server, "one")).unwrap();
        store.prepare("one").await.unwrap();
        Self { server, store, folder }
    }

    async fn stat(&self, location: &BlobLocation) -> StatObjectResponse {
        let target = self.store.target(location).unwrap();
        let request = self.store.source.client().stat_object(&target.bucket, &target.key).unwrap().build();
        request.send().await.unwrap()
    }

    pub(super) async fn put_beside(&self, bucket: &str, key: &str) {
        let body = SegmentedBytes::from(Bytes::from_static(b"stranger"));
        self.store.source.client().put_object(bucket, key, body).unwrap().build().send().await.unwrap();
    }
}

pub(super) fn config(server: &MinioServer, prefix: &str) -> S3Config {
    S3Config {
        minio_endpoint: server.endpoint(),
        minio_access_key: Some(server.access_key().into()),
        minio_access_key_file: None,
        minio_secret_key: Some(server.secret_key().into()),
        minio_secret_key_file: None,
        minio_region: "us-east-1".to_owned(),
        object_prefix: prefix.to_owned(),
        bucket_originals: "images".to_owned(),
        bucket_large_originals: "images-large".to_owned(),
        bucket_variants: "thumbnails".to_owned(),
        bucket_backups: "thumbnails".to_owned(),
    }
}

pub(super) fn original() -> BlobLocation {
    let key = BlobKey::Original { photo: PhotoId::generate(), upload: UploadId::generate() };
    BlobLocation { bucket: BucketPurpose::Originals, key }
}

fn bytes(count: usize) -> BlobBody {
    BlobBody::Bytes(vec![7; count].into())
}

#[tokio::test]
async fn an_object_carries_its_type_and_no_other_text() {
    let minio = Fixture::start().await;
    for size_bytes in [10, 9 * 1024 * 1024] {
        let location = original();
        minio.store.put(&location, ImageFormat::Webp.into(), &bytes(size_bytes)).await.unwrap();
        let stored = minio.stat(&location).await;
        assert_eq!(stored.headers()["content-type"], "image/webp");
        assert!(stored.user_metadata().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_listing_has_all_pages_of_this_platform_with_strangers_names_as_they_are() {
    let minio = Fixture::start().await;
    let names: Vec<String> = (0..1050)
        .map(|n| format!("n{n}"))
        .chain(["a=b&c".to_owned(), "d e+f".to_owned(), "ü/写真".to_owned()])
        .collect();
    let puts = names.iter().map(async |name| minio.put_beside("images", &format!("one/{name}")).await);
    stream::iter(puts).buffer_unordered(16).collect::<Vec<()>>().await;
    for other in ["one-more/x", "on/x", "another/one/x"] {
        minio.put_beside("images", other).await;
    }
    let listed = minio.store.list(BucketPurpose::Originals, BlobScope::All).await.unwrap();
    let listed: Vec<&str> = listed.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(listed.len(), names.len());
    assert_eq!(listed.into_iter().collect::<HashSet<_>>(), names.iter().map(String::as_str).collect());
}

#[tokio::test]
async fn platforms_share_buckets_under_prefixes_of_their_own() {
    let minio = Fixture::start().await;
    let other = S3BlobStore::new(&config(&minio.server, "two")).unwrap();
    other.prepare("two").await.unwrap();
    let location = original();
    minio.store.put(&location, ImageFormat::Jpeg.into(), &bytes(3)).await.unwrap();
    assert_eq!(other.size(&location).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(other.list(BucketPurpose::Originals, BlobScope::All).await.unwrap(), []);
}

#[tokio::test]
async fn wrong_keys_are_denied_until_the_key_file_is_right() {
    let minio = Fixture::start().await;
    let file = minio.folder.path().join("secret");
    fs::write(&file, "0123456789-not-the-key").unwrap();
    let keys =
        S3Config { minio_secret_key: None, minio_secret_key_file: Some(file.clone()), ..config(&minio.server, "one") };
    let store = S3BlobStore::new(&keys).unwrap();
    let location = original();
    let denied = [
        store.put(&location, ImageFormat::Jpeg.into(), &bytes(1)).await.unwrap_err(),
        store.get(&location).await.map(drop).unwrap_err(),
        store.size(&location).await.unwrap_err(),
        store.ready().await.unwrap_err(),
        store.prepare("one").await.unwrap_err(),
    ];
    for error in denied {
        assert_eq!(error.kind(), ErrorKind::Denied, "{}", error.chain());
    }
    fs::write(&file, minio.server.secret_key()).unwrap();
    store.put(&location, ImageFormat::Jpeg.into(), &bytes(1)).await.unwrap();
}

#[tokio::test]
async fn a_missing_bucket_is_unavailable_and_named() {
    let minio = Fixture::start().await;
    let lost = S3Config { bucket_originals: "not-made".to_owned(), ..config(&minio.server, "one") };
    let store = S3BlobStore::new(&lost).unwrap();
    let location = original();
    let errors = [
        store.put(&location, ImageFormat::Jpeg.into(), &bytes(1)).await.unwrap_err(),
        store.put(&location, ImageFormat::Jpeg.into(), &bytes(9 * 1024 * 1024)).await.unwrap_err(),
        store.get(&location).await.map(drop).unwrap_err(),
        store.size(&location).await.unwrap_err(),
        store.delete(&location).await.unwrap_err(),
        store.list(location.bucket, BlobScope::All).await.unwrap_err(),
        store.ready().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.chain());
        assert!(error.to_string().contains("`not-made`"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_not_ready() {
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let minio_endpoint = format!("http://{}", deaf.local_addr().unwrap());
    let minio = Fixture::start().await;
    let store = S3BlobStore::new(&S3Config { minio_endpoint, ..config(&minio.server, "one") }).unwrap();
    assert_eq!(store.ready().await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_mark_that_is_no_platforms_is_a_conflict() {
    let minio = Fixture::start().await;
    minio.put_beside("images", "three/.owner").await;
    let store = S3BlobStore::new(&config(&minio.server, "three")).unwrap();
    let error = store.prepare("three").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("`stranger`"), "{error}");
}

#[tokio::test]
async fn requests_are_signed_for_the_configured_region_without_asking_for_it() {
    let minio = Fixture::start().await;
    // MinIO takes every region unless it is told its own, so a socket looks at the request.
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let minio_endpoint = format!("http://{}", socket.local_addr().unwrap());
    let far = S3Config { minio_endpoint, minio_region: "eu-west-1".to_owned(), ..config(&minio.server, "one") };
    let (store, location) = (S3BlobStore::new(&far).unwrap(), original());
    let request = async {
        let mut request = String::new();
        let mut lines = BufReader::new(socket.accept().await.unwrap().0);
        while !request.ends_with("\r\n\r\n") {
            assert!(lines.read_line(&mut request).await.unwrap() > 0);
        }
        request
    };
    let request = tokio::select! {
        request = request => request,
        size = store.size(&location) => panic!("nobody answered, but: {size:?}"),
    };
    assert!(request.starts_with(&format!("HEAD /images/one/{}", location.key)), "{request}");
    assert!(request.contains("/eu-west-1/s3/aws4_request"), "{request}");
}

#[test]
fn unusable_settings_are_refused_with_the_variables_name() {
    let usable = S3Config {
        minio_endpoint: "http://127.0.0.1:9000".to_owned(),
        minio_access_key: Some("an-access-key".into()),
        minio_access_key_file: None,
        minio_secret_key: Some("a-secret-key-of-mine".into()),
        minio_secret_key_file: None,
        minio_region: "us-east-1".to_owned(),
        object_prefix: "photos-main".to_owned(),
        bucket_originals: "images".to_owned(),
        bucket_large_originals: "images-large".to_owned(),
        bucket_variants: "thumbnails".to_owned(),
        bucket_backups: "backups".to_owned(),
    };
    assert!(S3BlobStore::new(&usable).is_ok());
    assert!(!format!("{usable:?}").contains("of-mine"), "a key is printed");
    let cases = [
        (S3Config { minio_endpoint: "ftp://minio".to_owned(), ..usable.clone() }, "MINIO_ENDPOINT"),
        (S3Config { minio_endpoint: "http://minio/path".to_owned(), ..usable.clone() }, "MINIO_ENDPOINT"),
        (S3Config { object_prefix: "a/b".to_owned(), ..usable.clone() }, "OBJECT_PREFIX"),
        (S3Config { object_prefix: String::new(), ..usable.clone() }, "OBJECT_PREFIX"),
        (S3Config { bucket_backups: "Ba_ckups".to_owned(), ..usable.clone() }, "Ba_ckups"),
        (S3Config { minio_secret_key: Some("minioadmin".into()), ..usable.clone() }, "MINIO_SECRET_KEY"),
        (S3Config { minio_access_key: None, ..usable }, "MINIO_ACCESS_KEY"),
    ];
    for (config, named) in cases {
        let error = S3BlobStore::new(&config).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

/// How many files MinIO keeps for multipart uploads that are neither completed nor aborted.
pub(super) fn open_uploads(folder: &Path) -> usize {
    fn files(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
    }
    files(&folder.join("drive/.minio.sys/multipart"))
}
