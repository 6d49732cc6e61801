//! One stage of a pipeline: when it runs and what its failure means; its settings are in `settings`.

use serde::{Deserialize, Serialize};

use super::{
    name::StageName,
    settings::{MetadataSpec, OptimizationSpec, ThumbnailsSpec, ValidationSpec},
    watermark::WatermarkSpec,
};

/// One stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StageFields", into = "StageFields")]
pub struct StageSpec {
    /// Unique within the pipeline.
    pub name: StageName,
    /// Whether it runs at all.
    pub state: StageState,
    /// Stages before it that must have ended well, at most 8; where one of them was skipped or disabled, or failed with
    /// `onFailure: Skip`, this stage is skipped too.
    pub depends_on: Vec<StageName>,
    /// Seconds that it may take, 1 to 3600; a stage that takes longer is ended and has failed.
    pub timeout_seconds: u16,
    /// What its failure means for the photo.
    pub on_failure: OnFailure,
    /// What it does, with its settings.
    pub kind: StageKind,
}

impl StageSpec {
    /// The timeout of a stage that names none.
    pub const DEFAULT_TIMEOUT_SECONDS: u16 = 60;

    /// A stage that runs on its own with the default timeout, and whose failure fails the photo.
    pub fn new(name: StageName, kind: StageKind) -> Self {
        Self {
            name,
            state: StageState::default(),
            depends_on: Vec::new(),
            timeout_seconds: Self::DEFAULT_TIMEOUT_SECONDS,
            on_failure: OnFailure::default(),
            kind,
        }
    }
}

/// Whether a stage runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum StageState {
    /// It does.
    #[default]
    Enabled,
    /// It is skipped, and so is every stage that depends on it.
    Disabled,
}

/// What the failure of a stage means for the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OnFailure {
    /// The run fails; stages after it do not run.
    #[default]
    Fail,
    /// The run goes on without it and without the stages that depend on it.
    Skip,
}

/// What a stage does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageKind {
    /// Refuses what is not a whole photo within the limits.
    Validation(ValidationSpec),
    /// Makes smaller pictures of the photo.
    Thumbnails(ThumbnailsSpec),
    /// Reads what the file says about the photo.
    Metadata(MetadataSpec),
    /// Makes a picture of the same pixels in fewer bytes.
    Optimization(OptimizationSpec),
    /// Lays a mark onto the pictures that later stages make, and makes none itself.
    Watermark(WatermarkSpec),
}

/// A stage as it is written: a `type`, and at most the one block that belongs to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StageFields {
    name: StageName,
    r#type: StageType,
    #[serde(default)]
    state: StageState,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    depends_on: Vec<StageName>,
    #[serde(default = "default_timeout")]
    timeout_seconds: u16,
    #[serde(default)]
    on_failure: OnFailure,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    validation: Option<ValidationSpec>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    thumbnails: Option<ThumbnailsSpec>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    metadata: Option<MetadataSpec>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    optimization: Option<OptimizationSpec>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    watermark: Option<WatermarkSpec>,
}

fn default_timeout() -> u16 {
    StageSpec::DEFAULT_TIMEOUT_SECONDS
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum StageType {
    Validation,
    Thumbnails,
    Metadata,
    Optimization,
    Watermark,
}

/// A stage whose block of settings is not the one of its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// It has that of another type.
    #[error("stage `{stage}` has settings of another type: keep only the block of its own `type`")]
    Foreign {
        /// Which stage.
        stage: StageName,
    },
    /// It has none, and its type has no settings to start from.
    #[error("stage `{stage}` needs the block `{block}`")]
    Missing {
        /// Which stage.
        stage: StageName,
        /// The block's name.
        block: &'static str,
    },
}

impl TryFrom<StageFields> for StageSpec {
    type Error = InvalidSettings;

    fn try_from(mut fields: StageFields) -> Result<Self, InvalidSettings> {
        // Each arm takes its own block; a block that is still there belongs to another type.
        let kind = match fields.r#type {
            StageType::Validation => StageKind::Validation(fields.validation.take().unwrap_or_default()),
            StageType::Thumbnails => StageKind::Thumbnails(fields.thumbnails.take().unwrap_or_default()),
            StageType::Metadata => StageKind::Metadata(fields.metadata.take().unwrap_or_default()),
            StageType::Optimization => StageKind::Optimization(fields.optimization.take().unwrap_or_default()),
            StageType::Watermark => match fields.watermark.take() {
                Some(settings) => StageKind::Watermark(settings),
                None => return Err(InvalidSettings::Missing { stage: fields.name, block: "watermark" }),
            },
        };
        let StageFields { name, r#type: _, state, depends_on, timeout_seconds, on_failure, .. } = fields;
        let StageFields { validation, thumbnails, metadata, optimization, watermark, .. } = fields;
        let pictures = thumbnails.is_some() || optimization.is_some() || watermark.is_some();
        if validation.is_some() || metadata.is_some() || pictures {
            return Err(InvalidSettings::Foreign { stage: name });
        }
        Ok(Self { name, state, depends_on, timeout_seconds, on_failure, kind })
    }
}

impl From<StageSpec> for StageFields {
    fn from(stage: StageSpec) -> Self {
        let StageSpec { name, state, depends_on, timeout_seconds, on_failure, kind } = stage;
        let (mut validation, mut thumbnails, mut metadata) = (None, None, None);
        let (mut optimization, mut watermark) = (None, None);
        let r#type = match kind {
            StageKind::Validation(settings) => {
                validation = Some(settings);
                StageType::Validation
            }
            StageKind::Thumbnails(settings) => {
                thumbnails = Some(settings);
                StageType::Thumbnails
            }
            StageKind::Metadata(settings) => {
                metadata = Some(settings);
                StageType::Metadata
            }
            StageKind::Optimization(settings) => {
                optimization = Some(settings);
                StageType::Optimization
            }
            StageKind::Watermark(settings) => {
                watermark = Some(settings);
                StageType::Watermark
            }
        };
        Self {
            name,
            r#type,
            state,
            depends_on,
            timeout_seconds,
            on_failure,
            validation,
            thumbnails,
            metadata,
            optimization,
            watermark,
        }
    }
}
