//! What an audit found.

use serde::{Deserialize, Serialize};

/// What is wrong with a platform: each list should be empty.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Findings {
    /// Photos that clients were promised.
    pub accepted: usize,
    /// Of those, without a row or without bytes.
    pub lost: Vec<String>,
    /// Objects with other bytes than were sent, or than their row says.
    pub wrong_bytes: Vec<String>,
    /// Rows that have not ended.
    pub stuck: Vec<String>,
    /// Rows that ended otherwise than completed.
    pub not_completed: Vec<String>,
    /// Objects that a row names and that are not there.
    pub rows_without_blob: Vec<String>,
    /// Objects that no row names.
    pub orphans: Vec<String>,
    /// Photos that nobody was promised, or a second one of one request.
    pub doubled: Vec<String>,
    /// Photos of which more than one run of a generation counted.
    pub duplicate_effects: Vec<String>,
    /// What SQLite's own check says, other than that all is well.
    pub damage: Vec<String>,
}

impl Findings {
    /// What is wrong, by the names of the figures.
    pub fn wrong(&self) -> [(&'static str, &[String]); 9] {
        [
            ("lost", &self.lost),
            ("stuck", &self.stuck),
            ("not_completed", &self.not_completed),
            ("wrong_bytes", &self.wrong_bytes),
            ("rows_without_blob", &self.rows_without_blob),
            ("orphans", &self.orphans),
            ("doubled", &self.doubled),
            ("duplicate_effects", &self.duplicate_effects),
            ("damage", &self.damage),
        ]
    }
}
