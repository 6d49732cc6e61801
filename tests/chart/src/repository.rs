//! Where things are in the repository.

use std::path::{Path, PathBuf};

/// A file or folder by its path from the repository's root.
pub fn path(from_root: &str) -> PathBuf {
    Path::new(env!("REPOSITORY")).join(from_root)
}

/// The chart's folder, or what is in it.
pub fn chart(inside: &str) -> PathBuf {
    path("charts/photo-platform-operator").join(inside)
}

/// The release's name in every rendering.
pub const RELEASE: &str = "photos";
/// Its namespace.
pub const NAMESPACE: &str = "photos-system";
