//! The photos that are measured.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};

/// One photo of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// Its file's name without the ending: `12-elephants-24mp`.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Length of the file.
    pub bytes: u64,
}

/// The photo that the peak of memory is measured with.
pub const LARGEST: &str = "12";

impl Photo {
    /// Whether it is what a person calls so: its name or the beginning of it.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.starts_with(name)
    }
}

/// The photos of a folder by name; where `only` names some, those.
///
/// # Errors
/// Where the folder can't be read, or a name of `only` is none of a photo.
pub fn read(folder: &Path, only: &[String]) -> anyhow::Result<Vec<Photo>> {
    let mut photos = Vec::new();
    let entries = fs::read_dir(folder)
        .with_context(|| format!("no photos in {}: `scripts/install.sh photos` builds them", folder.display()))?;
    for entry in entries {
        let (path, bytes) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?.len())))?;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        photos.push(Photo { name, path, bytes });
    }
    photos.sort_by(|a, b| a.name.cmp(&b.name));
    for name in only {
        ensure!(photos.iter().any(|photo| photo.is_called(name)), "there is no photo `{name}`");
    }
    photos.retain(|photo| only.is_empty() || only.iter().any(|name| photo.is_called(name)));
    ensure!(!photos.is_empty(), "there are no photos in {}", folder.display());
    Ok(photos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_are_found_by_the_beginning_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["12-large.jpg", "01-dune.jpg", "02-test.jpg"] {
            fs::write(folder.path().join(name), "123").unwrap();
        }
        let names = |only: &[&str]| {
            let only: Vec<String> = only.iter().map(ToString::to_string).collect();
            let photos = read(folder.path(), &only)?;
            anyhow::Ok(photos.into_iter().map(|photo| photo.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&[]).unwrap(), ["01-dune", "02-test", "12-large"]);
        assert_eq!(names(&["12", "01-dune"]).unwrap(), ["01-dune", "12-large"]);
        assert_eq!(names(&["03"]).unwrap_err().to_string(), "there is no photo `03`");
    }
}
