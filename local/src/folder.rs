//! The folder in which one platform keeps everything: its photos, its database, its key, and where it can be reached.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use etcetera::BaseStrategy;
use photo_core::pipeline::PlatformName;
use serde::{Deserialize, Serialize};

/// A platform's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlatformFolder(PathBuf);

/// What a running platform says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Running {
    /// `http://…`, without a slash at its end.
    pub(crate) url: String,
    /// The process.
    pub(crate) pid: u32,
}

impl PlatformFolder {
    /// The folder that is named, or the one of this platform below the user's own data.
    pub(crate) fn of(named: Option<PathBuf>, platform: &PlatformName) -> anyhow::Result<Self> {
        match named {
            Some(path) => Ok(Self(path)),
            None => Ok(Self(base()?.join(platform.as_str()))),
        }
    }

    /// The folder that is named, or the only one below the user's own data in which `wanted` finds what it looks for.
    pub(crate) fn find(named: Option<PathBuf>, wanted: impl Fn(&Self) -> bool) -> anyhow::Result<Option<Self>> {
        match named {
            Some(path) => Ok(Some(Self(path))),
            None => only(&base()?, wanted),
        }
    }

    /// Makes what is missing of it. Photos are private: nobody else may look into a new folder.
    pub(crate) fn make(&self) -> anyhow::Result<()> {
        for path in [&self.0, &self.blobs(), &self.spool()] {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
            made.with_context(|| format!("can't make the folder {}", path.display()))?;
        }
        Ok(())
    }

    /// Removes what uploads left behind that a killed process was receiving. Only the folder's one process may do so.
    pub(crate) fn clear_spool(&self) -> anyhow::Result<()> {
        let spool = self.spool();
        let cleared = || {
            for entry in fs::read_dir(&spool)? {
                fs::remove_file(entry?.path())?;
            }
            Ok::<(), io::Error>(())
        };
        cleared().with_context(|| format!("can't clear {}", spool.display()))
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("photos.db")
    }

    /// The bytes of photos.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.0.join("blobs")
    }

    /// Uploads on their way in.
    pub(crate) fn spool(&self) -> PathBuf {
        self.0.join("spool")
    }

    /// The key of users' tokens.
    pub(crate) fn user_key(&self) -> PathBuf {
        self.0.join("user-token.key")
    }

    /// What a platform says that runs here, or that was killed here.
    pub(crate) fn running(&self) -> anyhow::Result<Option<Running>> {
        let path = self.running_file();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("can't read {}", path.display())),
        };
        serde_json::from_str(&text).map(Some).with_context(|| format!("{} is not what was written", path.display()))
    }

    /// Tells other processes of this user where the platform is.
    pub(crate) fn tell_running(&self, running: &Running) -> anyhow::Result<()> {
        write_whole(&self.running_file(), &serde_json::to_vec(running)?)
    }

    /// Takes it back.
    pub(crate) fn forget_running(&self) -> anyhow::Result<()> {
        let path = self.running_file();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("can't remove {}", path.display()))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn running_file(&self) -> PathBuf {
        self.0.join("running.json")
    }
}

/// Writes a file that only this user may read, so that it is there whole or not at all, also after a crash.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        fs::File::open(folder)?.sync_all()
    };
    written().with_context(|| format!("can't write {}", path.display()))
}

/// Where the folders of this user's platforms are: `$XDG_DATA_HOME/photo-platform`, or below `~/.local/share`.
fn base() -> anyhow::Result<PathBuf> {
    let strategy =
        etcetera::base_strategy::Xdg::new().context("this user has no home: name a folder with --data-dir")?;
    Ok(strategy.data_dir().join("photo-platform"))
}

fn only(base: &Path, wanted: impl Fn(&PlatformFolder) -> bool) -> anyhow::Result<Option<PlatformFolder>> {
    let entries = match fs::read_dir(base) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("can't read {}", base.display())),
    };
    let mut found = Vec::new();
    for entry in entries {
        let folder = PlatformFolder(entry?.path());
        if wanted(&folder) {
            found.push(folder);
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        several => {
            let paths: Vec<String> = several.iter().map(|folder| folder.0.display().to_string()).collect();
            bail!("there are several platforms: name the folder of one with --data-dir\n  {}", paths.join("\n  "))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn folder(base: &Path, name: &str) -> PlatformFolder {
        let folder = PlatformFolder(base.join(name));
        folder.make().unwrap();
        folder
    }

    #[test]
    fn a_new_folder_is_closed_to_others() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path(), "a");
        for path in [folder.path(), &folder.blobs(), &folder.spool()] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700, "{}", path.display());
        }
        folder.make().unwrap();
    }

    #[test]
    fn what_runs_is_told_and_taken_back() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path(), "a");
        assert_eq!(folder.running().unwrap(), None);
        let running = Running { url: "http://127.0.0.1:3000".to_owned(), pid: 7 };
        folder.tell_running(&running).unwrap();
        folder.tell_running(&running).unwrap();
        assert_eq!(folder.running().unwrap(), Some(running));
        folder.forget_running().unwrap();
        assert_eq!(folder.running().unwrap(), None);
        folder.forget_running().unwrap();
    }

    #[test]
    fn the_only_folder_is_found_and_several_are_listed() {
        let base = tempfile::tempdir().unwrap();
        let wanted = |folder: &PlatformFolder| folder.running().unwrap().is_some();
        assert_eq!(only(&base.path().join("none"), wanted).unwrap(), None);
        let (one, other) = (folder(base.path(), "one"), folder(base.path(), "other"));
        assert_eq!(only(base.path(), wanted).unwrap(), None);
        let running = Running { url: "http://127.0.0.1:3000".to_owned(), pid: 7 };
        one.tell_running(&running).unwrap();
        assert_eq!(only(base.path(), wanted).unwrap(), Some(one));
        other.tell_running(&running).unwrap();
        let said = only(base.path(), wanted).unwrap_err().to_string();
        assert!(said.contains("--data-dir") && said.contains("/one\n") && said.ends_with("/other"), "{said}");
    }

    #[test]
    fn the_spool_is_cleared() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path(), "a");
        fs::write(folder.spool().join(".tmpx"), "half a photo").unwrap();
        folder.clear_spool().unwrap();
        assert_eq!(fs::read_dir(folder.spool()).unwrap().count(), 0);
    }
}
