//! Where everything lies in the store's folder. Names that begin with a dot are the store's own.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use photo_core::blob_key::{BlobLocation, BucketPurpose};

/// The folder of a bucket in which objects are written until they are whole.
pub(super) const UNFINISHED: &str = ".unfinished";

/// How the name of an unfinished mark of the owner begins.
pub(super) const UNFINISHED_MARK: &str = ".owner-";

/// The store's folder.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    root: PathBuf,
}

/// A bucket's folder, with the store's folder for advice.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    pub(super) root: PathBuf,
    pub(super) folder: PathBuf,
}

/// An object's place in its bucket.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) bucket: Bucket,
    /// The object's own file, below the bucket's folder.
    pub(super) file: PathBuf,
}

impl Layout {
    pub(super) fn of(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Held by the process that has the folder open.
    pub(super) fn lock(&self) -> PathBuf {
        self.root.join(".lock")
    }

    /// Says which platform the folder belongs to.
    pub(super) fn owner(&self) -> PathBuf {
        self.root.join(".owner")
    }

    pub(super) fn bucket(&self, purpose: BucketPurpose) -> Bucket {
        Bucket { root: self.root.clone(), folder: self.root.join(folder_name(purpose)) }
    }

    pub(super) fn buckets(&self) -> [Bucket; 4] {
        BucketPurpose::ALL.map(|purpose| self.bucket(purpose))
    }

    pub(super) fn place(&self, location: &BlobLocation) -> Place {
        let bucket = self.bucket(location.bucket);
        // A key is UUIDs, names and slashes: it can neither be absolute nor climb.
        let file = bucket.folder.join(location.key.to_string());
        Place { bucket, file }
    }
}

impl Bucket {
    pub(super) fn unfinished(&self) -> PathBuf {
        self.folder.join(UNFINISHED)
    }
}

impl Place {
    /// The folders that exist for the object, the innermost first; the bucket's is not among them.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.file.ancestors().skip(1).take_while(|folder| *folder != self.bucket.folder)
    }
}

/// As the buckets of an object store are called where nobody names them.
fn folder_name(purpose: BucketPurpose) -> &'static str {
    match purpose {
        BucketPurpose::Originals => "images",
        BucketPurpose::LargeOriginals => "images-large",
        BucketPurpose::Variants => "thumbnails",
        BucketPurpose::Backups => "backups",
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.display().fmt(f)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.file.display().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use photo_core::{
        blob_key::BlobKey,
        id::{PhotoId, RunId},
        image_format::ImageFormat,
    };

    use super::*;

    #[test]
    fn a_key_is_a_path_below_its_bucket() {
        let (photo, run) = (PhotoId::generate(), RunId::generate());
        let key = BlobKey::Derived { photo, run, variant: "150".parse().unwrap(), format: ImageFormat::Webp };
        let place = Layout::of(Path::new("/photos")).place(&BlobLocation { bucket: BucketPurpose::Variants, key });
        assert_eq!(place.file, Path::new(&format!("/photos/thumbnails/derived/{photo}/{run}/150.webp")));
        let folders: Vec<PathBuf> = place.folders().map(Path::to_owned).collect();
        let above = [format!("derived/{photo}/{run}"), format!("derived/{photo}"), "derived".to_owned()];
        assert_eq!(folders, above.map(|folder| Path::new("/photos/thumbnails").join(folder)));
    }
}
