//! The files that are tried, and what each takes itself for.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use photo_core::upload_format::UploadFormat;
use walkdir::WalkDir;

/// A file of the corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostileFile {
    /// Its path within the corpus.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// What a file is by its first bytes; `None` of those that are no photo to the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind(Option<&'static str>);

impl Kind {
    /// As the platform tells it.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(UploadFormat::sniff(bytes).map(UploadFormat::extension))
    }

    /// Whether it goes to libjpeg.
    pub(crate) fn is_jpeg(self) -> bool {
        self == Self(Some(UploadFormat::Jpeg.extension()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.unwrap_or("other"))
    }
}

/// All files below a folder by name; where `only` is there, those whose names hold it.
///
/// # Errors
/// Where the folder can't be read, or there is no such file.
pub(crate) fn read(folder: &Path, only: Option<&str>) -> anyhow::Result<Vec<HostileFile>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry =
            entry.with_context(|| format!("no corpus in {}: `make bench-hostile` builds it", folder.display()))?;
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(folder)?.display().to_string();
            files.push(HostileFile { name, path: entry.into_path() });
        }
    }
    files.retain(|file| only.is_none_or(|part| file.name.contains(part)));
    ensure!(!files.is_empty(), "there are no such files in {}", folder.display());
    Ok(files)
}

impl HostileFile {
    /// What is in it.
    pub(crate) fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        fs::read(&self.path).with_context(|| format!("can't read {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_all_folders_are_found_by_a_part_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("b/c")).unwrap();
        for name in ["b/c/1.png", "a.jpg", "b/2.png"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let names = |only| read(folder.path(), only).map(|files| files.into_iter().map(|file| file.name).collect());
        let (all, some): (Vec<String>, Vec<String>) = (names(None).unwrap(), names(Some("b/")).unwrap());
        assert_eq!(all, ["a.jpg", "b/2.png", "b/c/1.png"]);
        assert_eq!(some, ["b/2.png", "b/c/1.png"]);
        assert!(names(Some("z")).is_err());
        assert!(read(&folder.path().join("none"), None).is_err());
    }

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        assert_eq!(Kind::of(b"GIF89a      ").to_string(), "gif");
        assert_eq!(Kind::of(b"II*\0").to_string(), "other");
        assert!(Kind::of(&[0xFF, 0xD8, 0xFF, 0xE0]).is_jpeg());
    }
}
