//! The images of a pipeline's marks, each decoded once for all photos.

use std::collections::BTreeMap;

use photo_core::pipeline::ConfigMapKeyRef;

use super::mark_image::{MarkImage, MarkImageError};
use crate::failure::Fault;

/// The images that a pipeline lays onto pictures, ready to be laid. A pipeline of texts alone needs none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks(BTreeMap<ConfigMapKeyRef, MarkImage>);

/// A file that can't be laid onto pictures.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the image `{image}` can't be a watermark: {reason}")]
pub struct UnusableImage {
    image: ConfigMapKeyRef,
    reason: String,
}

impl Marks {
    /// Most bytes of memory that each image takes.
    pub const BYTES_EACH_MAX: u64 = 4 * crate::limits::MARK_PIXELS_MAX;

    /// Adds an image: the bytes of its file, of any format that photos are taken in; of an animation, its first picture.
    ///
    /// # Errors
    /// The file is too long, of too many pixels, none of these formats or damaged, or nothing of it can be seen.
    pub fn read(&mut self, image: ConfigMapKeyRef, file: &[u8]) -> Result<(), UnusableImage> {
        let reason = match MarkImage::read(file) {
            Ok(read) => {
                self.0.insert(image, read);
                return Ok(());
            }
            Err(MarkImageError::Unreadable(fault)) => fault.sentence(),
            Err(MarkImageError::Blank) => "Nothing of it can be seen: every pixel is transparent.".to_owned(),
        };
        Err(UnusableImage { image, reason })
    }

    pub(super) fn get(&self, image: &ConfigMapKeyRef) -> Result<&MarkImage, Fault> {
        let missing = || Fault::NotMade { detail: format!("the image `{image}` of a watermark was not given") };
        self.0.get(image).ok_or_else(missing)
    }
}
