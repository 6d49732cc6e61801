//! The page in headless Chromium and the npm socket.io-client, against a running platform in either form.

use std::time::Duration;

use photo_stack::{Platform, Stack, StackOptions, stack::StackPipeline};

use crate::{
    forms::{Form, quickstart},
    node,
    scene::samples_folder,
};

/// A pipeline whose photos wait, for the tests that need one; a platform in one process has a worker for each.
const RESTING: &str = "resting";

#[tokio::test]
async fn the_page_and_the_npm_client_work_with_a_process_per_role() {
    let mut options = StackOptions::default();
    let resting = StackPipeline { name: RESTING.parse().unwrap(), workers: 0, ..options.pipelines[0].clone() };
    options.pipelines.push(resting);
    let platform = Platform::Real(Box::new(Stack::start(&options).await.unwrap()));
    pass(&platform, RESTING).await;
}

#[tokio::test]
async fn the_page_and_the_npm_client_work_in_one_process() {
    pass(&quickstart(Form::Embedded).await, "").await;
}

/// Runs the tests of the page and of the npm client; without a `resting` pipeline those about waiting photos are
/// skipped, and say so.
async fn pass(platform: &Platform, resting: &str) {
    let folder = node::folder("browser");
    node::installed(&folder, "playwright-core", &node::chromium()).unwrap();
    let token = |user| platform.user_token(user, Duration::from_hours(1)).unwrap();
    let settings = [
        ("PHOTO_URL", platform.url()),
        ("PHOTO_SAMPLES", samples_folder().display().to_string()),
        ("PHOTO_RESTING_PIPELINE", resting.to_owned()),
        ("PHOTO_TOKEN", token("alice")),
        ("PHOTO_OTHER_TOKEN", token("bob")),
    ];
    node::run(&folder, "test", &settings).await;
}
