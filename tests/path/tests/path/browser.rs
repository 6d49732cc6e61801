//! The page in headless Chromium and the npm socket.io-client, against a running platform.

use std::time::Duration;

use crate::{
    node,
    scene::{samples_folder, stack},
};

#[tokio::test]
async fn the_page_and_the_npm_client_work_on_a_running_platform() {
    let folder = node::folder("browser");
    node::installed(&folder, "playwright-core", &node::chromium()).unwrap();
    let stack = stack().await;
    let token = |user| stack.keys.user_token(user, Duration::from_hours(1)).unwrap();
    let settings = [
        ("PHOTO_URL", stack.api.url()),
        ("PHOTO_SAMPLES", samples_folder().display().to_string()),
        ("PHOTO_TOKEN", token("alice")),
        ("PHOTO_OTHER_TOKEN", token("bob")),
    ];
    node::test(&folder, &settings).await;
}
