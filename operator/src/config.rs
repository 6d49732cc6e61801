//! What processes read of the API: a platform's and a pipeline's spec, as the types that they parse.

mod autoscaling;
mod pipeline;
mod platform;

use photo_core::{
    pipeline::{InvalidConfigMapKey, InvalidContent, InvalidName, InvalidPipeline},
    priority::InvalidPriority,
};
use serde::Serialize;

use crate::scaling::PolicyRefused;

pub use autoscaling::{connection_policy, scaling_policy, worker_grace_seconds};
pub use pipeline::pipeline_spec;
pub use platform::platform_spec;

/// What a process would refuse. The rules of the CustomResourceDefinitions refuse it before; a cluster may have older
/// ones.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSpec {
    /// A name that is none.
    #[error("spec.{field}: {invalid}")]
    Name {
        /// Where.
        field: &'static str,
        /// Why not.
        invalid: InvalidName,
    },
    /// A number that its field can't hold.
    #[error("spec.{field}: {value} is out of bounds")]
    Number {
        /// Where.
        field: &'static str,
        /// The number.
        value: i64,
    },
    /// A priority that is none.
    #[error(transparent)]
    Priority(#[from] InvalidPriority),
    /// A type of stage that has no settings to start from, without its block.
    #[error("spec.stages: `{stage}` needs the block `{block}`")]
    NoSettings {
        /// The stage's name.
        stage: String,
        /// The block.
        block: &'static str,
    },
    /// Settings that belong to another type of stage.
    #[error("spec.stages: `{stage}` has the block `{block}` of another type: keep only the block of its own `type`")]
    Settings {
        /// The stage's name.
        stage: String,
        /// The block.
        block: &'static str,
    },
    /// A mark that is not exactly one thing.
    #[error("spec.stages: {0}")]
    Content(#[from] InvalidContent),
    /// No ConfigMap has such a name or key.
    #[error("spec.stages.watermark.imageConfigMapRef: {0}")]
    ConfigMapKey(#[from] InvalidConfigMapKey),
    /// Stages that do not make a pipeline, or bounds that are not kept.
    #[error(transparent)]
    Pipeline(#[from] InvalidPipeline),
    /// Numbers of the scaling that make no sense together.
    #[error("spec.{0}")]
    Scaling(#[from] PolicyRefused),
    /// It can't be written as YAML, which is a fault of the program.
    #[error("the spec can't be written")]
    Unwritable(#[from] serde_saphyr::SerializeError),
}

/// The text of a process's configuration file.
///
/// # Errors
/// It can't be written as YAML.
pub fn yaml(spec: &impl Serialize) -> Result<String, InvalidSpec> {
    Ok(serde_saphyr::to_string(spec)?)
}

/// A number as narrow as the field that takes it.
fn narrow<Wide, Narrow>(field: &'static str, value: Wide) -> Result<Narrow, InvalidSpec>
where
    Wide: Into<i64> + Copy,
    Narrow: TryFrom<i64>,
{
    let value = value.into();
    Narrow::try_from(value).map_err(|_| InvalidSpec::Number { field, value })
}
