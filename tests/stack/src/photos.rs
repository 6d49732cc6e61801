//! The public API as a client program uses it, and the sample photos with what is expected of each.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use photo_core::photo::PhotoStatus;

pub use photo_adapters::http::{PhotoView, PublicApi as Photos, VariantView};

/// A photo to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its file name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

impl Sample {
    /// The status that it must end with: a file named `broken.*` is no whole photo.
    pub fn expected(&self) -> PhotoStatus {
        if self.name.starts_with("broken.") { PhotoStatus::Failed } else { PhotoStatus::Completed }
    }
}

/// The photos in `folder`, by name.
///
/// # Errors
/// Where the folder can't be read or holds none.
pub fn samples(folder: &Path) -> anyhow::Result<Vec<Sample>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading the samples in {}", folder.display()))? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        if matches!(ending.as_str(), "bmp" | "gif" | "jpeg" | "jpg" | "png" | "webp") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push(Sample { name, path });
        }
    }
    ensure!(!found.is_empty(), "there is no photo in {}", folder.display());
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_the_photos_of_a_folder_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["rotated.JPG", "broken.jpg", "ATTRIBUTION.md", "alpha.png"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let samples = samples(folder.path()).unwrap();
        let found: Vec<_> = samples.iter().map(|sample| (sample.name.as_str(), sample.expected())).collect();
        assert_eq!(
            found,
            [
                ("alpha.png", PhotoStatus::Completed),
                ("broken.jpg", PhotoStatus::Failed),
                ("rotated.JPG", PhotoStatus::Completed),
            ]
        );
    }

    #[test]
    fn a_folder_without_photos_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(samples(folder.path()).is_err());
    }
}
