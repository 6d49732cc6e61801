//! What a pipeline does to a photo: the fields of a ProcessingPipeline that are read so far.
//!
//! The same type is what the operator writes into a worker's ConfigMap and what the worker reads.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A DNS label (RFC 1123): 1 to 63 characters of `a-z 0-9 -`, a letter or digit at both ends.
fn is_dns_label(text: &str, max: usize) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (1..=max).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && edge(text.bytes().next())
        && edge(text.bytes().last())
}

macro_rules! label_type {
    ($(#[$doc:meta])* $name:ident, $max:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                if is_dns_label(text, $max) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidName { what: $what, text: text.chars().take(80).collect(), max: $max })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// A text that is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}: use 1 to {max} of a-z, 0-9 and -, with a letter or digit at both ends")]
pub struct InvalidName {
    what: &'static str,
    text: String,
    max: usize,
}

label_type! {
    /// A pipeline's name, which is also its queue's: `full-processing`.
    PipelineName, 63, "a pipeline name"
}
label_type! {
    /// A stage's name within its pipeline. At most 32 characters, so that CEL can check a graph of them in its budget.
    StageName, 32, "a stage name"
}
label_type! {
    /// An output's name within its photo: `150`, `small`.
    VariantName, 63, "a variant name"
}

/// The `spec` of a ProcessingPipeline, as far as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PipelineSpec {
    /// What photos go through, in this order.
    pub stages: Vec<StageSpec>,
    /// How its workers run.
    #[serde(default)]
    pub worker: WorkerSpec,
}

/// One stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StageFields", into = "StageFields")]
pub struct StageSpec {
    /// Unique within the pipeline.
    pub name: StageName,
    /// What it does, with its settings.
    pub kind: StageKind,
}

/// What a stage does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageKind {
    /// Refuses what is not a whole photo within the limits.
    Validation(ValidationSpec),
    /// Makes smaller pictures of the photo.
    Thumbnails(ThumbnailsSpec),
}

/// A stage as it is written: a `type`, and at most the one block that belongs to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StageFields {
    name: StageName,
    r#type: StageType,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    validation: Option<ValidationSpec>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    thumbnails: Option<ThumbnailsSpec>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum StageType {
    Validation,
    Thumbnails,
}

/// A stage with the settings of another type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stage `{stage}` has settings of another type: keep only the block of its own `type`")]
pub struct ForeignSettings {
    stage: StageName,
}

impl TryFrom<StageFields> for StageSpec {
    type Error = ForeignSettings;

    fn try_from(fields: StageFields) -> Result<Self, ForeignSettings> {
        let kind = match (fields.r#type, fields.validation, fields.thumbnails) {
            (StageType::Validation, validation, None) => StageKind::Validation(validation.unwrap_or_default()),
            (StageType::Thumbnails, None, thumbnails) => StageKind::Thumbnails(thumbnails.unwrap_or_default()),
            (StageType::Validation, _, Some(_)) | (StageType::Thumbnails, Some(_), _) => {
                return Err(ForeignSettings { stage: fields.name });
            }
        };
        Ok(Self { name: fields.name, kind })
    }
}

impl From<StageSpec> for StageFields {
    fn from(stage: StageSpec) -> Self {
        let (r#type, validation, thumbnails) = match stage.kind {
            StageKind::Validation(settings) => (StageType::Validation, Some(settings), None),
            StageKind::Thumbnails(settings) => (StageType::Thumbnails, None, Some(settings)),
        };
        Self { name: stage.name, r#type, validation, thumbnails }
    }
}

/// Limits that a photo keeps before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ValidationSpec {
    /// Longest file in bytes.
    pub max_bytes: u64,
    /// Most pixels (width × height). Decoding takes up to 8 bytes of memory for each.
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
    /// JPEG quality, 1 to 100.
    pub quality_percent: u8,
}

impl Default for ThumbnailsSpec {
    /// Squares of 150, 300 and 600 pixels that the photo fits inside.
    fn default() -> Self {
        let sizes = [150_u16, 300, 600].into_iter().filter_map(|side| {
            let name = side.to_string().parse().ok()?;
            Some(ThumbnailSize { name, width: side, height: side, fit: Fit::Inside })
        });
        Self { sizes: sizes.collect(), quality_percent: 80 }
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

/// How the workers of a pipeline run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkerSpec {
    /// Photos at the same time in one worker, 1 to 64.
    pub concurrency: u16,
    /// How long a stopping worker may finish what it has, before it hands the rest back; 1 to 3600.
    pub drain_timeout_seconds: u16,
}

impl Default for WorkerSpec {
    fn default() -> Self {
        Self { concurrency: 2, drain_timeout_seconds: 120 }
    }
}

/// What is wrong with a [`PipelineSpec`] that parses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPipeline {
    /// The list of stages is empty or too long.
    #[error("stages: a pipeline has 1 to 16 stages, this one has {0}")]
    StageCount(usize),
    /// Two stages share a name.
    #[error("stages: two stages are named `{0}`; rename one")]
    DuplicateStage(StageName),
    /// Two outputs share a name.
    #[error("thumbnails.sizes: two sizes are named `{0}`; rename one")]
    DuplicateVariant(VariantName),
    /// A number is out of its bounds.
    #[error("{field}: {value} is out of bounds, use {min} to {max}")]
    OutOfBounds {
        /// The field's path.
        field: &'static str,
        /// What it holds.
        value: u64,
        /// The least it may hold.
        min: u64,
        /// The most it may hold.
        max: u64,
    },
}

impl PipelineSpec {
    /// Checks what the types can't: counts, bounds and unique names.
    pub fn validate(&self) -> Result<(), InvalidPipeline> {
        if !(1..=16).contains(&self.stages.len()) {
            return Err(InvalidPipeline::StageCount(self.stages.len()));
        }
        within("worker.concurrency", self.worker.concurrency.into(), 1, 64)?;
        within("worker.drainTimeoutSeconds", self.worker.drain_timeout_seconds.into(), 1, 3600)?;
        let mut names = BTreeSet::new();
        let mut variants = BTreeSet::new();
        for stage in &self.stages {
            if !names.insert(&stage.name) {
                return Err(InvalidPipeline::DuplicateStage(stage.name.clone()));
            }
            match &stage.kind {
                StageKind::Validation(validation) => validation.validate()?,
                StageKind::Thumbnails(thumbnails) => {
                    thumbnails.validate()?;
                    if let Some(twice) = thumbnails.sizes.iter().find(|size| !variants.insert(&size.name)) {
                        return Err(InvalidPipeline::DuplicateVariant(twice.name.clone()));
                    }
                }
            }
        }
        Ok(())
    }
}

impl ValidationSpec {
    fn validate(&self) -> Result<(), InvalidPipeline> {
        within("validation.maxBytes", self.max_bytes, 1, 10 * 1024 * 1024 * 1024)?;
        within("validation.maxPixels", self.max_pixels, 1, 1_000_000_000)
    }
}

impl ThumbnailsSpec {
    fn validate(&self) -> Result<(), InvalidPipeline> {
        within("thumbnails.sizes (count)", self.sizes.len() as u64, 1, 16)?;
        within("thumbnails.qualityPercent", self.quality_percent.into(), 1, 100)?;
        for size in &self.sizes {
            within("thumbnails.sizes.width", size.width.into(), 16, 8192)?;
            within("thumbnails.sizes.height", size.height.into(), 16, 8192)?;
        }
        Ok(())
    }
}

fn within(field: &'static str, value: u64, min: u64, max: u64) -> Result<(), InvalidPipeline> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(InvalidPipeline::OutOfBounds { field, value, min, max }) }
}

#[cfg(test)]
mod tests;
