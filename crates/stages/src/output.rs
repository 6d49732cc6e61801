//! What a job makes: the files, and the photo's own pixels.

use photo_core::{
    image_format::ImageFormat,
    photo::{Dimensions, VariantRole},
    photo_metadata::PhotoMetadata,
    pipeline::VariantName,
};

/// What a job made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    /// The photo's pixels as it is shown: after its EXIF orientation.
    pub dimensions: Option<Dimensions>,
    /// What the file says about the photo, where a stage asked.
    pub metadata: Option<PhotoMetadata>,
    /// Stage by stage, largest first.
    pub variants: Vec<Output>,
}

/// One output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name, from the pipeline.
    pub name: VariantName,
    /// What it is for.
    pub role: VariantRole,
    /// Its format.
    pub format: ImageFormat,
    /// Pixels, upright.
    pub width: u32,
    /// Pixels, upright.
    pub height: u32,
    /// The file.
    pub bytes: Vec<u8>,
}
