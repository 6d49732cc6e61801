//! How a pipeline's jobs are queued: which come first, how often and when a failed one is tried again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::invalid::{InvalidPipeline, within};
use crate::{backoff::Backoff, priority::Priority};

/// How the jobs of a pipeline are queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct QueueSpec {
    /// The priority of photos whose upload names none, 1 to 10; lower comes first.
    pub priority: Priority,
    /// What happens to failed jobs.
    pub job_options: JobOptions,
}

/// What happens to failed jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct JobOptions {
    /// Failed attempts after which a photo is dead, 1 to 25. A photo that is itself at fault gets no second attempt, and
    /// an attempt that ended because a dependency was away does not count.
    pub attempts: u8,
    /// When a failed attempt is repeated.
    pub backoff: BackoffSpec,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self { attempts: 3, backoff: BackoffSpec::default() }
    }
}

/// When a failed attempt is repeated: a random part of a ceiling ("full jitter").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct BackoffSpec {
    /// Whether the ceiling grows.
    pub r#type: BackoffType,
    /// The first ceiling in seconds, 1 to 3600.
    pub delay_seconds: u16,
    /// No ceiling is higher, in seconds, 1 to 86400.
    pub max_delay_seconds: u32,
}

impl Default for BackoffSpec {
    fn default() -> Self {
        Self { r#type: BackoffType::Exponential, delay_seconds: 5, max_delay_seconds: 300 }
    }
}

/// Whether the ceiling of the wait grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum BackoffType {
    /// It doubles with each attempt.
    #[default]
    Exponential,
    /// It stays.
    Fixed,
}

impl From<BackoffSpec> for Backoff {
    fn from(spec: BackoffSpec) -> Self {
        let base = Duration::from_secs(spec.delay_seconds.into());
        let max = Duration::from_secs(spec.max_delay_seconds.into());
        match spec.r#type {
            BackoffType::Exponential => Self { base, max },
            BackoffType::Fixed => Self { base, max: base.min(max) },
        }
    }
}

impl QueueSpec {
    /// Checks what the types can't: bounds.
    pub fn validate(&self) -> Result<(), InvalidPipeline> {
        let JobOptions { attempts, backoff } = self.job_options;
        within("queue.jobOptions.attempts", attempts.into(), 1, 25)?;
        within("queue.jobOptions.backoff.delaySeconds", backoff.delay_seconds.into(), 1, 3600)?;
        within("queue.jobOptions.backoff.maxDelaySeconds", backoff.max_delay_seconds.into(), 1, 86_400)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_backoff_keeps_its_ceiling_and_an_exponential_one_doubles_it() {
        let ceilings = |r#type| {
            let backoff = Backoff::from(BackoffSpec { r#type, delay_seconds: 5, max_delay_seconds: 12 });
            [1, 2, 3].map(|failures| backoff.ceiling(failures).as_secs())
        };
        assert_eq!(ceilings(BackoffType::Fixed), [5, 5, 5]);
        assert_eq!(ceilings(BackoffType::Exponential), [5, 10, 12]);
    }

    #[test]
    fn an_empty_block_has_the_documented_defaults() {
        let queue: QueueSpec = serde_json::from_str("{}").unwrap();
        assert_eq!((queue.priority.get(), queue.job_options.attempts), (5, 3));
        queue.validate().unwrap();
        for wrong in [
            r#"{"priority": 0}"#,
            r#"{"priority": 11}"#,
            r#"{"jobOptions": {"retries": 3}}"#,
            r#"{"jobOptions": {"backoff": {"type": "Linear"}}}"#,
        ] {
            assert!(serde_json::from_str::<QueueSpec>(wrong).is_err(), "{wrong}");
        }
        let none: QueueSpec = serde_json::from_str(r#"{"jobOptions": {"attempts": 0}}"#).unwrap();
        assert!(none.validate().unwrap_err().to_string().contains("queue.jobOptions.attempts: 0 is out of bounds"));
    }
}
