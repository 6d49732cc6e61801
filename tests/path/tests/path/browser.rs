//! The page in headless Chromium and the npm socket.io-client, against a running platform.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::ensure;
use tokio::{process::Command, time::timeout};

use crate::{
    local,
    scene::{samples_folder, stack},
};

/// How long the browser's tests may take altogether. The machine may be busy.
const TESTS_LIMIT: Duration = Duration::from_mins(10);

/// Says what is missing before node does.
fn installed(folder: &Path, chromium: &Path) -> anyhow::Result<()> {
    let packages = folder.join("node_modules/playwright-core");
    ensure!(packages.is_dir(), "there are no npm packages in {}: run `make tools`", folder.display());
    ensure!(chromium.is_file(), "there is no Chromium at {}: run `make tools` or set CHROMIUM", chromium.display());
    Ok(())
}

#[test]
fn missing_tools_are_named_with_what_installs_them() {
    let folder = tempfile::tempdir().unwrap();
    let no_packages = installed(folder.path(), Path::new("/bin/sh")).unwrap_err().to_string();
    assert!(no_packages.contains("npm packages") && no_packages.contains("make tools"), "{no_packages}");
    std::fs::create_dir_all(folder.path().join("node_modules/playwright-core")).unwrap();
    let no_browser = installed(folder.path(), &folder.path().join("chromium")).unwrap_err().to_string();
    assert!(no_browser.contains("Chromium") && no_browser.contains("make tools"), "{no_browser}");
    installed(folder.path(), Path::new("/bin/sh")).unwrap();
}

/// Runs the browser's tests against the platform at `url` with the tokens of two users.
async fn pass(url: &str, token: &str, other_token: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../browser");
    let chromium = env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    installed(&folder, &chromium).unwrap();
    let mut npm = Command::new("npm");
    npm.arg("--prefix").arg(&folder).arg("test").kill_on_drop(true);
    npm.env("PHOTO_URL", url).env("PHOTO_SAMPLES", samples_folder()).env("CHROMIUM", chromium);
    npm.env("PHOTO_TOKEN", token).env("PHOTO_OTHER_TOKEN", other_token);
    let output = timeout(TESTS_LIMIT, npm.output()).await.expect("the browser's tests end").unwrap();
    let (said, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complaints}");
}

#[tokio::test]
async fn the_page_and_the_npm_client_work_on_a_running_platform() {
    let stack = stack().await;
    let token = |user| stack.keys.user_token(user, Duration::from_hours(1)).unwrap();
    pass(&stack.api.url(), &token("alice"), &token("bob")).await;
}

#[tokio::test]
async fn the_page_and_the_npm_client_work_on_a_platform_in_one_process() {
    let (_place, folder) = local::place();
    let platform = local::start(&folder).await;
    let token = |user| platform.token_of(user).unwrap();
    pass(platform.url(), &token("alice"), &token("bob")).await;
}
