use minio::s3::builders::VersioningStatus;
use photo_core::{
    blob_key::BlobLocation,
    id::{PhotoId, RunId, UploadId},
    image_format::ImageFormat,
    port::{BlobStore, blob_store::BlobBody},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{
    super::{
        S3Config,
        tests::{Fixture, config, original},
    },
    *,
};

const BUCKETS: [&str; 3] = ["images", "images-large", "thumbnails"];

/// A MinIO whose buckets keep versions, beginning with what is put from now on.
async fn versioned() -> Fixture {
    let minio = Fixture::start().await;
    for bucket in BUCKETS {
        let request = minio.store.source.client().put_bucket_versioning(bucket, VersioningStatus::Enabled);
        request.unwrap().build().send().await.unwrap();
    }
    minio
}

async fn put(minio: &Fixture, location: &BlobLocation) {
    let body = BlobBody::Bytes(location.key.to_string().into());
    minio.store.put(location, ImageFormat::Jpeg.into(), &body).await.unwrap();
}

fn output(photo: PhotoId, run: RunId) -> BlobLocation {
    let key = BlobKey::Derived { photo, run, variant: "150".parse().unwrap(), format: ImageFormat::Jpeg };
    BlobLocation { bucket: BucketPurpose::Variants, key }
}

#[tokio::test]
async fn a_deleted_object_leaves_no_version_behind() {
    let minio = versioned().await;
    let (deleted, kept) = (original(), original());
    for location in [&deleted, &kept] {
        put(&minio, location).await;
        put(&minio, location).await;
    }
    for _ in 0..2 {
        minio.store.delete(&deleted).await.unwrap();
        assert_eq!(minio.server.keys("images", "one/originals").unwrap(), [format!("one/{}", kept.key)]);
    }
}

#[tokio::test]
async fn an_erased_scope_leaves_no_version_and_what_is_beside_it_every_one() {
    let minio = versioned().await;
    let (photo, run) = (PhotoId::generate(), RunId::generate());
    let neighbours = [original(), output(PhotoId::generate(), run)];
    let own = |upload| BlobKey::Original { photo, upload };
    let uploads = [(); 2].map(|()| BlobLocation { bucket: BucketPurpose::Originals, key: own(UploadId::generate()) });
    let outputs = [output(photo, run), output(photo, RunId::generate())];
    for location in neighbours.iter().chain(&uploads).chain(&outputs) {
        put(&minio, location).await;
        put(&minio, location).await;
    }
    // One is hidden already, as a plain delete of somebody else's tool leaves it.
    let hidden = minio.store.target(&outputs[1]).unwrap();
    let client = minio.store.source.client();
    client.delete_object(&hidden.bucket, &hidden.key).unwrap().build().send().await.unwrap();

    let erase = async |bucket, scope| minio.store.erase(bucket, scope).await.unwrap();
    assert_eq!(erase(BucketPurpose::Originals, BlobScope::Originals { photo }).await, 4, "two versions of each");
    assert_eq!(erase(BucketPurpose::Variants, BlobScope::Outputs { photo }).await, 5, "and the mark of a deletion");
    for scope in [BlobScope::Originals { photo }, BlobScope::Outputs { photo }] {
        for bucket in BucketPurpose::ALL {
            assert_eq!(erase(bucket, scope).await, 0);
        }
    }
    assert_eq!(minio.server.keys("images", "one/originals").unwrap(), [format!("one/{}", neighbours[0].key)]);
    assert_eq!(minio.server.keys("thumbnails", "one/derived").unwrap(), [format!("one/{}", neighbours[1].key)]);
}

#[tokio::test]
async fn a_stranger_s_object_in_the_scope_stays() {
    let minio = Fixture::start().await;
    let photo = PhotoId::generate();
    let strange = format!("one/originals/{photo}/notes.txt");
    minio.put_beside("images", &strange).await;
    let erased = minio.store.erase(BucketPurpose::Originals, BlobScope::Originals { photo }).await.unwrap();
    assert_eq!(erased, 0);
    assert_eq!(minio.server.keys("images", "one/originals").unwrap(), [strange]);
}

#[tokio::test]
async fn more_versions_than_a_page_holds_are_erased() {
    let minio = versioned().await;
    let location = original();
    let puts = (0..1005).map(|_| put(&minio, &location));
    futures::stream::iter(puts).buffer_unordered(16).collect::<Vec<()>>().await;
    let BlobKey::Original { photo, .. } = location.key else { panic!("{location:?} is an original") };
    let scope = BlobScope::Originals { photo };
    assert_eq!(minio.store.erase(BucketPurpose::Originals, scope).await.unwrap(), 1005);
    assert_eq!(minio.store.erase(BucketPurpose::Originals, scope).await.unwrap(), 0);
}

/// Several S3 servers, Garage and R2 among them, have neither versions nor their listing.
#[tokio::test]
async fn a_server_that_lists_no_versions_is_asked_for_its_objects() {
    let minio = Fixture::start().await;
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let minio_endpoint = format!("http://{}", socket.local_addr().unwrap());
    let store = S3BlobStore::new(&S3Config { minio_endpoint, ..config(&minio.server, "one") }).unwrap();
    let location = original();
    let BlobKey::Original { photo, .. } = location.key else { panic!("{location:?} is an original") };
    let unknown = "<Error><Code>NotImplemented</Code><Message>no versions here</Message></Error>".to_owned();
    let listing = format!(
        "<ListBucketResult><Name>images</Name><Prefix>one/</Prefix><IsTruncated>false</IsTruncated><Contents>\
         <Key>one/{}</Key><LastModified>2026-11-21T10:00:00.000Z</LastModified><Size>7</Size></Contents>\
         </ListBucketResult>",
        location.key
    );
    let answers = [("501 Not Implemented", unknown), ("200 OK", listing), ("204 No Content", String::new())];
    let served = tokio::spawn(async move {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (mut connection, _) = socket.accept().await.unwrap();
            let mut request = vec![0; 8192];
            let length = connection.read(&mut request).await.unwrap();
            asked.push(String::from_utf8_lossy(&request[..length]).lines().next().unwrap().to_owned());
            let length = body.len();
            let head = "content-type: application/xml\r\nconnection: close";
            let answer = format!("HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}");
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    let erased = store.erase(location.bucket, BlobScope::Originals { photo }).await.unwrap();
    assert_eq!(erased, 1);
    let asked = served.await.unwrap();
    assert!(asked[0].contains("versions"), "{asked:?}");
    assert!(asked[2].starts_with(&format!("DELETE /images/one/{}", location.key)), "{asked:?}");
}
