//! The settings of each type of stage, with their defaults and bounds.

use serde::{Deserialize, Serialize};

use super::{
    background::Background,
    invalid::{InvalidPipeline, within},
    name::VariantName,
    output_format::{OptimizedFormat, OutputFormat},
};

/// Limits that a photo keeps before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ValidationSpec {
    /// Longest file in bytes.
    pub max_bytes: u64,
    /// Most pixels (width × height). The worker's `SLOT_MEMORY_MIB` bounds them too, at 12 bytes for each, 20 where
    /// they are copied in AVIF.
    pub max_pixels: u64,
}

impl Default for ValidationSpec {
    fn default() -> Self {
        Self { max_bytes: 50 * 1024 * 1024, max_pixels: 100_000_000 }
    }
}

/// Which thumbnails are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ThumbnailsSpec {
    /// One picture each; names are unique.
    pub sizes: Vec<ThumbnailSize>,
    /// The format of all of them.
    pub format: OutputFormat,
    /// Quality of a JPEG, WebP or AVIF, 1 to 100. A PNG has none.
    pub quality_percent: u8,
    /// What transparent pixels lie on in a JPEG. The other formats keep them.
    pub background: Background,
}

impl Default for ThumbnailsSpec {
    /// Squares of 150, 300 and 600 pixels that the photo fits inside.
    fn default() -> Self {
        let sizes = [150_u16, 300, 600].into_iter().filter_map(|side| {
            let name = side.to_string().parse().ok()?;
            Some(ThumbnailSize { name, width: side, height: side, fit: Fit::Inside })
        });
        Self {
            sizes: sizes.collect(),
            format: OutputFormat::default(),
            quality_percent: 80,
            background: Background::default(),
        }
    }
}

/// One thumbnail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ThumbnailSize {
    /// The variant's name.
    pub name: VariantName,
    /// Width of the box in pixels, 16 to 8192.
    pub width: u16,
    /// Height of the box in pixels, 16 to 8192.
    pub height: u16,
    /// How the photo meets the box.
    #[serde(default)]
    pub fit: Fit,
}

/// How a photo meets a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Fit {
    /// The whole photo, as large as fits inside the box, never enlarged.
    #[default]
    Inside,
    /// The box filled, the photo's overhang cut off evenly; never enlarged.
    Cover,
}

/// What is kept of what the file says about the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct MetadataSpec {
    /// Whether the place where the photo was taken is kept.
    pub gps: GpsPolicy,
}

/// Whether the place where a photo was taken is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum GpsPolicy {
    /// It is: whoever may read the photo's metadata reads it.
    Keep,
    /// It is not. The original, which only its owner reads, stays as it was uploaded.
    #[default]
    Strip,
}

/// How the smaller copy of the photo is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct OptimizationSpec {
    /// The format of the copy.
    pub format: OptimizedFormat,
    /// Quality of a JPEG, WebP or AVIF, 1 to 100. A PNG has none.
    pub quality_percent: u8,
    /// What transparent pixels lie on in a JPEG. The other formats keep them.
    pub background: Background,
    /// How much time is spent on fewer bytes. The pixels of a JPEG or PNG are the same.
    pub effort: Effort,
    /// Whether the copy carries the photo's EXIF: upright, and without the place, the maker's notes and the embedded
    /// thumbnail. What is longer than a JPEG's segment (64 KiB) is left out as a whole.
    pub preserve_exif: bool,
}

/// How much time is spent on fewer bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Effort {
    /// As little as can be. A JPEG has about 3 % more bytes than with [`Effort::Balanced`], in smooth pictures up to 80 %; an
    /// AVIF about 13 %.
    Fast,
    /// Nearly as little for a JPEG, twice as much for an AVIF; what their encoders take for granted for WebP and PNG.
    #[default]
    Balanced,
    /// Two to four times as much: about 4 % fewer bytes in a progressive JPEG, 3 % in an AVIF.
    Best,
}

impl Default for OptimizationSpec {
    fn default() -> Self {
        Self {
            format: OptimizedFormat::default(),
            quality_percent: 80,
            background: Background::default(),
            effort: Effort::default(),
            preserve_exif: false,
        }
    }
}

impl ValidationSpec {
    pub(super) fn validate(&self) -> Result<(), InvalidPipeline> {
        within("validation.maxBytes", self.max_bytes, 1, 10 * 1024 * 1024 * 1024)?;
        within("validation.maxPixels", self.max_pixels, 1, 1_000_000_000)
    }
}

impl ThumbnailsSpec {
    pub(super) fn validate(&self) -> Result<(), InvalidPipeline> {
        within("thumbnails.sizes (count)", self.sizes.len() as u64, 1, 16)?;
        within("thumbnails.qualityPercent", self.quality_percent.into(), 1, 100)?;
        for size in &self.sizes {
            within("thumbnails.sizes.width", size.width.into(), 16, 8192)?;
            within("thumbnails.sizes.height", size.height.into(), 16, 8192)?;
        }
        Ok(())
    }
}

impl OptimizationSpec {
    pub(super) fn validate(self) -> Result<(), InvalidPipeline> {
        within("optimization.qualityPercent", self.quality_percent.into(), 1, 100)
    }
}
