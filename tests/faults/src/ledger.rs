//! What clients were promised: a line of JSON for each photo that was accepted, written before the client goes on.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    sync::{Mutex, PoisonError},
};

use anyhow::Context;
use photo_core::id::PhotoId;
use serde::{Deserialize, Serialize};

/// A photo that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Its id.
    pub photo: PhotoId,
    /// What its bytes are, as lowercase hexadecimal.
    pub sha256: String,
    /// The idempotency key that the client sent with each try.
    pub key: String,
}

/// The promises of all clients of a run.
#[derive(Debug)]
pub struct Ledger(Mutex<File>);

impl Ledger {
    /// An empty ledger at `path`.
    ///
    /// # Errors
    /// The file can't be made.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        Ok(Self(Mutex::new(File::create(path).with_context(|| format!("making {}", path.display()))?)))
    }

    /// Adds a promise.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn add(&self, promise: &Promise) -> anyhow::Result<()> {
        let line = format!("{}\n", serde_json::to_string(promise)?);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes())?;
        Ok(())
    }

    /// The promises at `path`.
    ///
    /// # Errors
    /// It can't be read.
    pub fn read(path: &Path) -> anyhow::Result<Vec<Promise>> {
        let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }
}
