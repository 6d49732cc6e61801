//! A file that a stage makes.

use photo_core::{image_format::ImageFormat, photo::VariantRole, pipeline::VariantName};
use serde::{Deserialize, Serialize};

/// One output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    /// The file. Left out where an output is serialized: megabytes of numbers in JSON serve nobody.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}
