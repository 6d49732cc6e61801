//! The page in headless Chromium and the npm socket.io-client, against a running platform.

use std::time::Duration;

use photo_stack::{Stack, StackOptions, stack::StackPipeline};

use crate::{node, scene::samples_folder};

#[tokio::test]
async fn the_page_and_the_npm_client_work_on_a_running_platform() {
    let folder = node::folder("browser");
    node::installed(&folder, "playwright-core", &node::chromium()).unwrap();
    let mut options = StackOptions::default();
    let resting = StackPipeline { name: "resting".parse().unwrap(), workers: 0, ..options.pipelines[0].clone() };
    options.pipelines.push(resting);
    let stack = Stack::start(&options).await.unwrap();
    let token = |user| stack.keys.user_token(user, Duration::from_hours(1)).unwrap();
    let settings = [
        ("PHOTO_URL", stack.api.url()),
        ("PHOTO_SAMPLES", samples_folder().display().to_string()),
        ("PHOTO_RESTING_PIPELINE", "resting".to_owned()),
        ("PHOTO_TOKEN", token("alice")),
        ("PHOTO_OTHER_TOKEN", token("bob")),
    ];
    node::run(&folder, "test", &settings).await;
}
