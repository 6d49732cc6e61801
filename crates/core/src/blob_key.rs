//! Every object that we store: one enum, one text form, its inverse. Nobody else builds a key.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    id::{BackupId, PhotoId, RunId, UploadId},
    image_format::ImageFormat,
    pipeline::VariantName,
};

/// The key of an object below the platform's prefix. A key is never written twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BlobKey {
    /// The uploaded bytes: `originals/<photo>/<upload>`.
    Original {
        /// The photo.
        photo: PhotoId,
        /// The upload; another one where the first key was condemned.
        upload: UploadId,
    },
    /// An output: `derived/<photo>/<run>/<variant>.<extension>`.
    Derived {
        /// The photo.
        photo: PhotoId,
        /// The run that wrote it.
        run: RunId,
        /// The output's name.
        variant: VariantName,
        /// Its format, which is the extension.
        format: ImageFormat,
    },
    /// Uploaded bytes that no photo names, out of the way of photos: `quarantine/originals/<photo>/<upload>`, in the
    /// bucket that they were stored in.
    Quarantined {
        /// The photo that they were stored for.
        photo: PhotoId,
        /// The upload.
        upload: UploadId,
    },
    /// A copy of the metadata store: `backups/<backup>.db`.
    Backup {
        /// The copy, whose id tells when it was made.
        backup: BackupId,
    },
}

/// A text that no [`BlobKey`] shows as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the key of an object of this platform")]
pub struct InvalidBlobKey(String);

impl BlobKey {
    /// Whose photo's object it is; none of a backup.
    pub fn photo(&self) -> Option<PhotoId> {
        match self {
            Self::Original { photo, .. } | Self::Derived { photo, .. } | Self::Quarantined { photo, .. } => {
                Some(*photo)
            }
            Self::Backup { .. } => None,
        }
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Original { photo, upload } => write!(f, "originals/{photo}/{upload}"),
            Self::Derived { photo, run, variant, format } => {
                write!(f, "derived/{photo}/{run}/{variant}.{}", format.extension())
            }
            Self::Quarantined { photo, upload } => write!(f, "quarantine/originals/{photo}/{upload}"),
            Self::Backup { backup } => write!(f, "backups/{backup}.db"),
        }
    }
}

impl FromStr for BlobKey {
    type Err = InvalidBlobKey;

    fn from_str(text: &str) -> Result<Self, InvalidBlobKey> {
        let parts: Vec<&str> = text.split('/').collect();
        let key = match parts.as_slice() {
            ["originals", photo, upload] => original(photo, upload),
            ["derived", photo, run, file] => derived(photo, run, file),
            ["quarantine", "originals", photo, upload] => quarantined(photo, upload),
            ["backups", file] => backup(file),
            _ => None,
        };
        // Upper-case ids parse as UUIDs, but no key of ours is written so.
        key.filter(|key| key.to_string() == text).ok_or_else(|| InvalidBlobKey(text.chars().take(200).collect()))
    }
}

fn original(photo: &str, upload: &str) -> Option<BlobKey> {
    Some(BlobKey::Original { photo: photo.parse().ok()?, upload: upload.parse().ok()? })
}

fn quarantined(photo: &str, upload: &str) -> Option<BlobKey> {
    Some(BlobKey::Quarantined { photo: photo.parse().ok()?, upload: upload.parse().ok()? })
}

fn backup(file: &str) -> Option<BlobKey> {
    Some(BlobKey::Backup { backup: file.strip_suffix(".db")?.parse().ok()? })
}

fn derived(photo: &str, run: &str, file: &str) -> Option<BlobKey> {
    let (variant, extension) = file.rsplit_once('.')?;
    Some(BlobKey::Derived {
        photo: photo.parse().ok()?,
        run: run.parse().ok()?,
        variant: variant.parse().ok()?,
        format: ImageFormat::ALL.into_iter().find(|format| format.extension() == extension)?,
    })
}

impl TryFrom<String> for BlobKey {
    type Error = InvalidBlobKey;

    fn try_from(text: String) -> Result<Self, InvalidBlobKey> {
        text.parse()
    }
}

impl From<BlobKey> for String {
    fn from(key: BlobKey) -> Self {
        key.to_string()
    }
}

/// What a bucket is for; the deployment maps each purpose to a bucket's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BucketPurpose {
    /// Uploaded photos (default bucket `images`).
    Originals,
    /// Uploaded photos above the size at which they are kept apart (`images-large`).
    LargeOriginals,
    /// Outputs of runs (`thumbnails`).
    Variants,
    /// Copies of the metadata store (`backups`).
    Backups,
}

impl BucketPurpose {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Originals, Self::LargeOriginals, Self::Variants, Self::Backups];

    /// The bucket for an original of that many bytes.
    pub fn for_original(size_bytes: u64) -> Self {
        /// Where multipart uploads begin to pay, and with them another life-cycle rule.
        const LARGE_BYTES: u64 = 16 * 1024 * 1024;
        if size_bytes >= LARGE_BYTES { Self::LargeOriginals } else { Self::Originals }
    }
}

/// Where an object is: the bucket's purpose and the key in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BlobLocation {
    /// Which bucket.
    pub bucket: BucketPurpose,
    /// Which object.
    pub key: BlobKey,
}

/// A set of objects that one listing or one clean-up covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobScope {
    /// Everything.
    All,
    /// The uploaded bytes of one photo.
    Originals {
        /// The photo.
        photo: PhotoId,
    },
    /// The outputs of every run of one photo.
    Outputs {
        /// The photo.
        photo: PhotoId,
    },
    /// The outputs of one run.
    Run {
        /// The photo.
        photo: PhotoId,
        /// The run.
        run: RunId,
    },
    /// The uploaded bytes of one photo that were put out of the way.
    Quarantined {
        /// The photo.
        photo: PhotoId,
    },
    /// The copies of the metadata store.
    Backups,
}

impl BlobScope {
    /// The common start of the keys in it, below the platform's prefix; ends with `/` or is empty.
    pub fn key_start(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Originals { photo } => format!("originals/{photo}/"),
            Self::Outputs { photo } => format!("derived/{photo}/"),
            Self::Run { photo, run } => format!("derived/{photo}/{run}/"),
            Self::Quarantined { photo } => format!("quarantine/originals/{photo}/"),
            Self::Backups => "backups/".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_reads_back_what_it_shows() {
        let keys = [
            BlobKey::Original { photo: PhotoId::generate(), upload: UploadId::generate() },
            BlobKey::Derived {
                photo: PhotoId::generate(),
                run: RunId::generate(),
                variant: "150".parse().unwrap(),
                format: ImageFormat::Webp,
            },
            BlobKey::Quarantined { photo: PhotoId::generate(), upload: UploadId::generate() },
            BlobKey::Backup { backup: BackupId::generate() },
        ];
        for key in keys {
            assert_eq!(key.to_string().parse::<BlobKey>().unwrap(), key);
        }
    }

    proptest! {
        #[test]
        fn no_other_text_is_a_key(text in "[a-z0-9A-Z./-]{0,120}") {
            if let Ok(key) = text.parse::<BlobKey>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }

    #[test]
    fn texts_with_a_path_in_them_are_refused() {
        let photo = PhotoId::generate();
        for refused in [
            format!("originals/{photo}/../../etc/passwd"),
            format!("originals/{photo}"),
            format!("derived/{photo}/x/150.jpg"),
            format!("quarantine/{photo}/{photo}"),
            format!("backups/{}", BackupId::generate()),
            "backups/latest.db".to_owned(),
            format!("originals/{}/{photo}", photo.to_string().to_uppercase()),
        ] {
            assert!(refused.parse::<BlobKey>().is_err(), "{refused}");
        }
    }
}
