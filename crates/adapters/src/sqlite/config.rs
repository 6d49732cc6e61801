//! The settings of the metadata store. What protects the data (WAL, `synchronous=FULL`) is not among them.

use std::{num::NonZeroUsize, path::PathBuf};

/// Where the metadata store keeps its file and how many readers it has.
#[derive(Debug, Clone, clap::Args)]
pub struct SqliteConfig {
    /// The database file, on a disk of this machine. Its folder exists and belongs to one process.
    #[arg(id = "sqlite_path", long = "sqlite-path", env = "SQLITE_PATH", value_name = "SQLITE_PATH")]
    pub path: PathBuf,
    /// Connections that read at the same time.
    #[arg(id = "sqlite_readers", long = "sqlite-readers", env = "SQLITE_READERS", default_value = "5")]
    pub readers: NonZeroUsize,
}
