//! The API that users write: two kinds of `photoplatform.io/v1alpha1`. The text of each field is what `kubectl explain`
//! shows. A field is here only with the code that reads it.

mod condition;
mod crd;
mod labels;
mod name;
mod overrides;
mod pipeline;
mod platform;
mod reference;
mod resources;
mod schema;
#[cfg(test)]
mod unset;

pub use condition::{Condition, ConditionStatus};
pub use crd::{NotWritten, custom_resource_definitions, definition_files};
pub use labels::StringMap;
pub use name::{InvalidObjectName, check_name};
pub use overrides::PodOverrides;
pub use pipeline::*;
pub use platform::*;
pub use reference::{ConfigMapKeyRef, ObjectRef, SecretRef};
pub use resources::{Amounts, Resources, Storage};
#[cfg(test)]
pub(crate) use unset::unset;

/// The API group of both kinds.
pub const GROUP: &str = "photoplatform.io";
/// Its one version.
pub const VERSION: &str = "v1alpha1";

/// Whether something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub enum Operation {
    /// It runs and is kept as it is described.
    #[default]
    Running,
    /// A platform: nothing is changed. A pipeline: its queue is paused, its workers stay.
    Paused,
    /// No pod runs; data stays.
    Stopped,
}

/// A switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub enum Switch {
    /// On.
    #[default]
    Enabled,
    /// Off.
    Disabled,
}
