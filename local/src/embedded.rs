//! The ports of one process: SQLite and files in the platform's folder, queue and event log in memory.
//!
//! What is lost with the memory is made again from the database: the queue of a new process has a new epoch, so every
//! open photo is enqueued again.

use std::{num::NonZeroUsize, sync::Arc};

use anyhow::{Context, anyhow, bail};
use photo_adapters::{
    files::{self, FilesBlobStore, FilesConfig},
    sqlite::{self, SqliteConfig, SqliteMetadata},
};
use photo_core::{
    clock::Clock,
    memory::{MemoryLog, MemoryLogSettings, MemoryQueue, MemoryQueueSettings},
    pipeline::PlatformName,
    port::{BlobStore, ErrorKind, EventLog, JobQueue, MetadataStore},
};

use crate::folder::PlatformFolder;

/// The name of this process among workers: in its queue, and in what runs tell.
pub(crate) const WORKER_NAME: &str = "local";
/// Connections that read the database at the same time.
const READERS: NonZeroUsize = NonZeroUsize::new(4).expect("4 is not 0");

/// The ports that all roles of this process have together.
#[derive(Clone)]
pub(crate) struct Embedded {
    /// The database as the storage role has it.
    pub(crate) sqlite: SqliteMetadata,
    /// The same as the others have it.
    pub(crate) store: Arc<dyn MetadataStore>,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) log: Arc<dyn EventLog>,
}

impl Embedded {
    /// Opens the folder for this process alone, and makes what is missing in it.
    pub(crate) async fn open(folder: &PlatformFolder, platform: &PlatformName) -> anyhow::Result<Self> {
        folder.make()?;
        let opening = folder.clone();
        let (sqlite, blobs) = tokio::task::spawn_blocking(move || open_files(&opening)).await??;
        let blobs: Arc<dyn BlobStore> = Arc::new(blobs);
        match blobs.prepare(platform.as_str()).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Conflict => bail!(
                "the folder {} holds the photos of another platform than `{platform}`: name another with --data-dir",
                folder.path().display()
            ),
            Err(error) => {
                let path = folder.blobs();
                return Err(error).with_context(|| format!("can't keep photos in {}", path.display()));
            }
        }
        let queue = MemoryQueueSettings { worker_name: Some(WORKER_NAME.to_owned()), ..MemoryQueueSettings::default() };
        Ok(Self {
            store: Arc::new(sqlite.clone()),
            sqlite,
            blobs,
            queue: Arc::new(MemoryQueue::new(queue)),
            log: Arc::new(MemoryLog::new(MemoryLogSettings::default())),
        })
    }
}

/// Blocks while it opens both. Whoever has the database has the whole folder.
fn open_files(folder: &PlatformFolder) -> anyhow::Result<(SqliteMetadata, FilesBlobStore)> {
    let config = SqliteConfig { path: folder.database(), readers: READERS };
    let sqlite = SqliteMetadata::open(&config, Clock::System).map_err(|error| {
        let is_used = matches!(error, sqlite::OpenError::InUse(_));
        if is_used { in_use(folder) } else { unusable(folder, error) }
    })?;
    folder.clear_spool()?;
    let blobs = FilesBlobStore::open(&FilesConfig { path: folder.blobs() }).map_err(|error| {
        let is_used = matches!(error, files::OpenError::InUse(_));
        if is_used { in_use(folder) } else { unusable(folder, error) }
    })?;
    Ok((sqlite, blobs))
}

fn unusable(folder: &PlatformFolder, error: impl std::error::Error + Send + Sync + 'static) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("can't use the folder {}", folder.path().display()))
}

fn in_use(folder: &PlatformFolder) -> anyhow::Error {
    // It may not have told yet where it is.
    let place = folder.running().ok().flatten();
    let place = place.map(|running| format!(" at {} (process {})", running.url, running.pid)).unwrap_or_default();
    let path = folder.path().display();
    anyhow!("the folder {path} is in use by another photo-local{place}: stop it, or name another with --data-dir")
}
