//! What comes out: the right pixels, the right bytes, the right headers.

use photo_core::photo::PhotoStatus;

use crate::scene::{ended, small_jpeg, stack};

#[tokio::test]
async fn an_uploaded_photo_completes() {
    let stack = stack().await;
    let photos = stack.photos_of("alice").unwrap();
    let accepted = photos.upload("small.jpg", small_jpeg(1)).await.unwrap();
    assert_eq!(ended(&photos, accepted.id).await.status, PhotoStatus::Completed);
}
