//! What a platform is: the fields of a PhotoPlatform that are read so far.

use serde::{Deserialize, Serialize};

use crate::pipeline::PipelineName;

/// The `spec` of a PhotoPlatform, as far as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct PlatformSpec {
    /// The pipeline of uploads that name none; without it they are refused.
    pub default_pipeline_ref: Option<PipelineRef>,
    /// How photos come in.
    pub gateway: GatewaySpec,
}

/// Names a ProcessingPipeline of the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PipelineRef {
    /// Its name.
    pub name: PipelineName,
}

/// Settings of the api role.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct GatewaySpec {
    /// Limits of uploads.
    pub upload: UploadSpec,
}

/// Limits of uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct UploadSpec {
    /// Longest photo in bytes.
    pub max_bytes: u64,
    /// Most photos in one request.
    pub max_files: u16,
}

impl Default for UploadSpec {
    fn default() -> Self {
        Self { max_bytes: 50 * 1024 * 1024, max_files: 10 }
    }
}
