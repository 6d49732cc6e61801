//! The page in headless Chromium and the npm socket.io-client, against a running platform.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::ensure;
use photo_stack::{Stack, StackOptions, stack::StackPipeline};
use tokio::{process::Command, time::timeout};

use crate::scene::samples_folder;

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

#[tokio::test]
async fn the_page_and_the_npm_client_work_on_a_running_platform() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../browser");
    let chromium = env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    installed(&folder, &chromium).unwrap();
    let mut options = StackOptions::default();
    let resting = StackPipeline { name: "resting".parse().unwrap(), workers: 0, ..options.pipelines[0].clone() };
    options.pipelines.push(resting);
    let stack = Stack::start(&options).await.unwrap();
    let token = |user| stack.keys.user_token(user, Duration::from_hours(1)).unwrap();
    let mut npm = Command::new("npm");
    npm.arg("--prefix").arg(&folder).arg("test").kill_on_drop(true);
    npm.env("PHOTO_URL", stack.api.url()).env("PHOTO_SAMPLES", samples_folder()).env("CHROMIUM", chromium);
    npm.env("PHOTO_RESTING_PIPELINE", "resting");
    npm.env("PHOTO_TOKEN", token("alice")).env("PHOTO_OTHER_TOKEN", token("bob"));
    let output = timeout(TESTS_LIMIT, npm.output()).await.expect("the browser's tests end").unwrap();
    let (said, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complaints}");
}
