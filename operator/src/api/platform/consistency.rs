//! What the storage role does for what it keeps: copies of its database, and objects that no photo names.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum State {
    /// It is done.
    #[default]
    Enabled,
    /// It is not.
    Disabled,
}

/// Copies of the database, in the bucket for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Backup {
    /// Whether backups are made. Those that there are stay when none is made any more.
    pub state: State,
    /// Seconds from one backup to the next: what at most is lost with the volume.
    #[schemars(range(min = 60, max = 604_800))]
    pub period_seconds: i32,
    /// How many backups are kept; older ones are removed.
    #[schemars(range(min = 1, max = 1000))]
    pub retain_count: i32,
}

impl Default for Backup {
    fn default() -> Self {
        Self { state: State::Enabled, period_seconds: 3600, retain_count: 24 }
    }
}

/// What becomes of objects that no photo names: outputs of earlier runs, uploads that broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Consistency {
    /// What becomes of uploaded bytes that no photo has named for a day. What was made from photos is always removed.
    pub cleanup: Cleanup,
    /// Seconds from one look at all objects to the next.
    #[schemars(range(min = 60, max = 604_800))]
    pub period_seconds: i32,
}

impl Default for Consistency {
    fn default() -> Self {
        Self { cleanup: Cleanup::default(), period_seconds: 3600 }
    }
}

/// What becomes of uploaded bytes that no photo names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Cleanup {
    /// They stay, and are counted in the metric `photo_unreferenced_objects`.
    #[default]
    ReportOnly,
    /// They are moved to `quarantine/` in their bucket, and stay there.
    Quarantine,
    /// They are removed.
    Delete,
}
