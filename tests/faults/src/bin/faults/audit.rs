//! Has the other program look.

use std::{path::Path, time::Duration};

use anyhow::{Context, ensure};
use photo_stack::{Stack, stack::bin_folder};
use serde::Deserialize;
use tokio::process::Command;

/// What it found: each list should be empty.
#[derive(Debug, Deserialize)]
pub(crate) struct Findings {
    pub(crate) accepted: usize,
    lost: Vec<String>,
    wrong_bytes: Vec<String>,
    stuck: Vec<String>,
    not_completed: Vec<String>,
    rows_without_blob: Vec<String>,
    orphans: Vec<String>,
    doubled: Vec<String>,
    damage: Vec<String>,
}

impl Findings {
    /// What is wrong, by the names of the figures.
    pub(crate) fn wrong(&self) -> [(&'static str, &[String]); 8] {
        [
            ("lost", &self.lost),
            ("stuck", &self.stuck),
            ("not_completed", &self.not_completed),
            ("wrong_bytes", &self.wrong_bytes),
            ("rows_without_blob", &self.rows_without_blob),
            ("orphans", &self.orphans),
            ("doubled", &self.doubled),
            ("damage", &self.damage),
        ]
    }
}

/// Ends the roles, and looks at what they have left.
pub(crate) async fn run(stack: &Stack, ledger: &Path) -> anyhow::Result<Findings> {
    for role in [&stack.api, &stack.events].into_iter().chain(&stack.workers).chain([&stack.storage]) {
        role.terminate(Duration::from_mins(1)).await?;
    }
    let store = stack.backing.minio.as_ref().context("there is no store")?;
    let told = Command::new(bin_folder()?.join("faults-audit"))
        .arg("--database")
        .arg(stack.folder().join("metadata/photos.sqlite"))
        .arg("--ledger")
        .arg(ledger)
        .args(["--endpoint", &store.endpoint()])
        .env("MINIO_ACCESS_KEY", store.access_key())
        .env("MINIO_SECRET_KEY", store.secret_key())
        .output()
        .await
        .context("starting faults-audit")?;
    ensure!(told.status.success(), "the audit failed: {}", String::from_utf8_lossy(&told.stderr));
    Ok(serde_json::from_slice(&told.stdout)?)
}
