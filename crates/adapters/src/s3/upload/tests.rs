use std::{fs::File, time::Duration};

use photo_core::{
    image_format::ImageFormat,
    port::{BlobStore, ErrorKind, blob_store::BlobBody},
};
use tokio::time::{Instant, sleep};

use super::{
    super::tests::{Fixture, open_uploads, original},
    *,
};

const LIMIT: Duration = Duration::from_secs(20);

/// So long that it is still under way when its first part has been seen.
const LONG: u64 = 300 * 1024 * 1024;

async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {LIMIT:?}: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_upload_that_is_dropped_in_its_middle_is_aborted() {
    let minio = Fixture::start().await;
    let open = || open_uploads(minio.folder.path());
    let location = original();
    let body = BlobBody::Bytes(vec![7; usize::try_from(LONG).unwrap()].into());
    tokio::select! {
        stored = minio.store.put(&location, ImageFormat::Png.into(), &body) => panic!("too fast for this test: {stored:?}"),
        () = until("a part is stored", || open() > 1) => {}
    }
    until("the parts are gone", || open() == 0).await;
    assert_eq!(minio.store.size(&location).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_upload_that_fails_in_its_middle_has_been_aborted_when_the_error_comes() {
    let minio = Fixture::start().await;
    let open = || open_uploads(minio.folder.path());
    let path = minio.folder.path().join("photo");
    File::create(&path).unwrap().set_len(LONG).unwrap();
    let location = original();
    let body = BlobBody::File { path: path.clone(), size_bytes: LONG };
    let shrink = async {
        until("a part is stored", || open() > 1).await;
        File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    };
    let (stored, ()) = tokio::join!(minio.store.put(&location, ImageFormat::Png.into(), &body), shrink);
    assert_eq!(stored.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(open(), 0);
    assert_eq!(minio.store.size(&location).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_upload_that_was_completed_without_our_hearing_of_it_succeeds() {
    let minio = Fixture::start().await;
    let (client, target) = (minio.store.source.client(), minio.store.target(&original()).unwrap());
    let upload = OpenUpload::begin(&client, &target, "image/png").await.unwrap();
    let part = upload.send_part(1, Bytes::from_static(b"abc")).await.unwrap();
    upload.complete(vec![part.clone()], 3).await.unwrap();
    upload.complete(vec![part.clone()], 3).await.unwrap();
    let fault = upload.complete(vec![part], 4).await.unwrap_err();
    assert!(fault.is_code("nosuchupload"), "another object lies there: {fault}");
    upload.forget();
}
