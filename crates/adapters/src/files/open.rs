//! Opens the folder: makes it, keeps other processes out of it, and removes what a crash left unfinished.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::layout::{Layout, UNFINISHED_MARK};

/// Why the folder does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder can't be made.
    #[error("cannot make the folder {path}: choose one on a disk that this user may write to")]
    Make {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The lock file can't be made.
    #[error("cannot make the lock file {path}: choose a folder on a disk that this user may write to")]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has the folder open.
    #[error("{0} is in use by another process: end that one, or choose another folder")]
    InUse(PathBuf),
    /// What a crash left unfinished can't be removed.
    #[error("cannot remove {path}, which was left unfinished: remove it by hand")]
    Unfinished {
        /// What was left.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Returns the lock, which lasts as long as its file is open.
pub(super) fn open(layout: &Layout) -> Result<File, OpenError> {
    make(layout.root()).map_err(|source| OpenError::Make { path: layout.root().to_owned(), source })?;
    let lock = take_lock(layout)?;
    for bucket in layout.buckets() {
        remove_files(&bucket.unfinished(), "")?;
    }
    remove_files(layout.root(), UNFINISHED_MARK)?;
    Ok(lock)
}

/// Makes a folder with all above it, each of them on the disk when this returns.
fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !folder.is_dir() => Err(error),
        _ => File::open(above)?.sync_all(),
    }
}

fn take_lock(layout: &Layout) -> Result<File, OpenError> {
    let path = layout.lock();
    let failed = |source| OpenError::Lock { path: path.clone(), source };
    // Held open for reading only: what is held open for writing keeps a disk from being mounted read-only.
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            File::create(&path).and_then(|_| File::open(&path)).map_err(failed)?
        }
        file => file.map_err(failed)?,
    };
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(layout.root().to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Removes the files of a folder whose names begin so. The folder may be missing.
fn remove_files(folder: &Path, name_start: &str) -> Result<(), OpenError> {
    let failed = |path: &Path, source| OpenError::Unfinished { path: path.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|source| failed(folder, source))?,
    };
    for entry in entries {
        let entry = entry.map_err(|source| failed(folder, source))?;
        if entry.file_name().to_string_lossy().starts_with(name_start) {
            match fs::remove_file(entry.path()) {
                // A put of this process's last store had not ended with it, and has now.
                Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(failed(&entry.path(), source)),
                _ => {}
            }
        }
    }
    Ok(())
}
