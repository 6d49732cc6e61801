//! How a pipeline's photos are queued.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How photos are queued. The queue is BullMQ's and has the pipeline's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Queue {
    /// The priority of photos whose upload names none; lower comes first.
    #[schemars(range(min = 1, max = 10))]
    pub priority: i32,
    /// What happens when processing fails.
    pub job_options: JobOptions,
}

impl Default for Queue {
    fn default() -> Self {
        Self { priority: 5, job_options: JobOptions::default() }
    }
}

/// What happens when processing fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct JobOptions {
    /// Failed attempts after which a photo is dead. A photo that is itself at fault gets no second attempt, and one that
    /// ended because a dependency was away does not count.
    #[schemars(range(min = 1, max = 25))]
    pub attempts: i32,
    /// When a failed attempt is repeated.
    pub backoff: Backoff,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self { attempts: 3, backoff: Backoff::default() }
    }
}

/// When a failed attempt is repeated: after a random part of a ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Backoff {
    /// Whether the ceiling grows.
    pub r#type: BackoffType,
    /// The first ceiling in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub delay_seconds: i32,
    /// No ceiling is higher, in seconds.
    #[schemars(range(min = 1, max = 86400))]
    pub max_delay_seconds: i32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { r#type: BackoffType::default(), delay_seconds: 5, max_delay_seconds: 300 }
    }
}

/// Whether the ceiling of the wait grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum BackoffType {
    /// It doubles with each attempt.
    #[default]
    Exponential,
    /// It stays.
    Fixed,
}
