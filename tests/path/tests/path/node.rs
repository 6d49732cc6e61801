//! Node programs: what of them is missing is said before node does, and their tests are run against a platform.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::ensure;
use tokio::{process::Command, time::timeout};

/// How long the tests of a folder may take altogether. The machine may be busy.
const TESTS_LIMIT: Duration = Duration::from_mins(10);

/// The folder of node programs `tests/<name>`.
pub(crate) fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("REPOSITORY")).join("tests").join(name)
}

/// Where Chromium is: `CHROMIUM`, or where Debian's package puts it.
pub(crate) fn chromium() -> PathBuf {
    env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from)
}

/// Whether the folder has its npm packages, of which `package` is one, and Chromium is there.
pub(crate) fn installed(folder: &Path, package: &str, chromium: &Path) -> anyhow::Result<()> {
    let packages = folder.join("node_modules").join(package);
    ensure!(packages.is_dir(), "there are no npm packages in {}: run `make tools`", folder.display());
    ensure!(chromium.is_file(), "there is no Chromium at {}: run `make tools` or set CHROMIUM", chromium.display());
    Ok(())
}

/// Runs a script of the folder's `package.json` and returns what it said; it must succeed.
pub(crate) async fn run(folder: &Path, script: &str, settings: &[(&str, String)]) -> String {
    // A file, so that what was said is there where the tests do not end.
    let transcript = tempfile::NamedTempFile::new().unwrap();
    let said = || fs::read_to_string(transcript.path()).unwrap();
    let mut npm = Command::new("npm");
    npm.arg("--prefix").arg(folder).args(["run", script]).env("CHROMIUM", chromium()).kill_on_drop(true);
    npm.envs(settings.iter().map(|(name, value)| (name, value)));
    let output = transcript.reopen().unwrap();
    npm.stdout(output.try_clone().unwrap()).stderr(output);
    let ended = timeout(TESTS_LIMIT, npm.status()).await;
    assert!(ended.is_ok(), "after {TESTS_LIMIT:?} the node tests have not ended; they said\n{}", said());
    assert!(ended.unwrap().unwrap().success(), "{}", said());
    said()
}

#[test]
fn missing_tools_are_named_with_what_installs_them() {
    let folder = tempfile::tempdir().unwrap();
    let no_packages = installed(folder.path(), "bullmq", Path::new("/bin/sh")).unwrap_err().to_string();
    assert!(no_packages.contains("npm packages") && no_packages.contains("make tools"), "{no_packages}");
    fs::create_dir_all(folder.path().join("node_modules/bullmq")).unwrap();
    let no_browser = installed(folder.path(), "bullmq", &folder.path().join("chromium")).unwrap_err().to_string();
    assert!(no_browser.contains("Chromium") && no_browser.contains("make tools"), "{no_browser}");
    installed(folder.path(), "bullmq", Path::new("/bin/sh")).unwrap();
}
