//! Has the other program look.

use std::{path::Path, time::Duration};

use anyhow::{Context, ensure};
use photo_faults::findings::Findings;
use photo_stack::{Stack, stack::bin_folder};
use tokio::process::Command;

/// Ends the roles, and looks at what they have left.
pub(crate) async fn run(stack: &Stack, database: &Path, ledger: &Path) -> anyhow::Result<Findings> {
    for role in [&stack.api, &stack.events].into_iter().chain(&stack.workers).chain([&stack.storage]) {
        role.terminate(Duration::from_mins(1)).await?;
    }
    let store = stack.backing.minio.as_ref().context("there is no store")?;
    let told = Command::new(bin_folder()?.join("faults-audit"))
        .arg("--database")
        .arg(database)
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
