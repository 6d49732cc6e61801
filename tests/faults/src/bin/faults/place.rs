//! A platform that faults happen to, and how a run with it ends: quiet, swept, and looked at by the other program.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use photo_core::pipeline::{CatalogueEntry, PipelineName, PipelineState};
use photo_faults::{
    findings::Findings,
    ledger::{Ledger, Promise},
};
use photo_stack::{Stack, StackOptions, figures::Goal, minio_server::MinioServer, redis_server::RedisServer};

use crate::{audit, disk::Disk, quiet, report::Report, scenario::Size};

/// Seconds that an object may be without a photo, where nobody stands still for longer.
const GRACE_SECONDS: u64 = 5;

/// What platform a run needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    pub(crate) workers: usize,
    /// Seconds that an object may be without a photo.
    pub(crate) grace_seconds: u64,
    /// Whether its database and its objects are on disks that can be filled.
    pub(crate) has_small_disks: bool,
}

impl Default for Needs {
    fn default() -> Self {
        Self { workers: 2, grace_seconds: GRACE_SECONDS, has_small_disks: false }
    }
}

/// Disks that can be filled.
#[derive(Debug)]
pub(crate) struct SmallDisks {
    pub(crate) database: Disk,
    pub(crate) objects: Disk,
    _folder: tempfile::TempDir,
}

/// How a run ended.
pub(crate) struct Ended {
    /// How long it took until no photo was open.
    pub(crate) quiet: Duration,
    /// What the other program found.
    pub(crate) findings: Findings,
}

/// A platform and the ledger of its clients.
pub(crate) struct Place {
    pub(crate) stack: Arc<Stack>,
    pub(crate) ledger: Arc<Ledger>,
    database: PathBuf,
    grace: Duration,
    pub(crate) disks: Option<SmallDisks>,
}

impl Place {
    pub(crate) async fn new(needs: Needs) -> anyhow::Result<Self> {
        Self::of(needs, StackOptions::default()).await
    }

    /// The same of processes that are started otherwise.
    pub(crate) async fn of(needs: Needs, mut options: StackOptions) -> anyhow::Result<Self> {
        let disks = if needs.has_small_disks { Some(SmallDisks::mount()?) } else { None };
        options.own_servers = true;
        let storage = options.environment.entry("storage").or_default();
        storage.extend([
            ("SWEEP_GRACE_SECONDS".to_owned(), needs.grace_seconds.to_string()),
            ("SWEEP_PERIOD_SECONDS".to_owned(), "5".to_owned()),
            ("CLEANUP".to_owned(), "Delete".to_owned()),
        ]);
        let mut database = None;
        if let Some(disks) = &disks {
            let path = disks.database.folder().join("photos.sqlite");
            storage.insert("SQLITE_PATH".to_owned(), path.to_string_lossy().into_owned());
            options.store_folder = Some(disks.objects.folder().join("minio"));
            database = Some(path);
        }
        for pipeline in &mut options.pipelines {
            pipeline.workers = needs.workers;
        }
        let stack = Stack::start(&options).await?;
        Ok(Self {
            ledger: Arc::new(Ledger::create(&ledger_of(&stack))?),
            database: database.unwrap_or_else(|| stack.folder().join("metadata/photos.sqlite")),
            grace: Duration::from_secs(needs.grace_seconds),
            stack: Arc::new(stack),
            disks,
        })
    }

    pub(crate) fn redis(&self) -> anyhow::Result<&RedisServer> {
        self.stack.backing.redis.as_ref().context("there is no Redis")
    }

    pub(crate) fn store(&self) -> anyhow::Result<&MinioServer> {
        self.stack.backing.minio.as_ref().context("there is no store")
    }

    /// The pipeline that photos go through.
    pub(crate) fn pipeline() -> anyhow::Result<PipelineName> {
        Ok("full-processing".parse()?)
    }

    /// Pauses the pipeline, or lets it go on.
    pub(crate) async fn set(&self, state: PipelineState) -> anyhow::Result<()> {
        self.stack.register(&Self::pipeline()?, &CatalogueEntry { state, ..CatalogueEntry::default() }).await
    }

    /// What clients were promised until now.
    pub(crate) fn promises(&self) -> anyhow::Result<Vec<Promise>> {
        Ledger::read(&ledger_of(&self.stack))
    }

    /// Waits until everything has ended and is swept, ends the platform, and has it looked at.
    pub(crate) async fn end(self, size: Size, report: &mut Report) -> anyhow::Result<Ended> {
        let quiet = quiet::until_everything_has_ended(&self.stack, size.patience).await?;
        tokio::time::sleep(self.grace).await;
        quiet::until_swept(&self.stack).await?;
        let findings = audit::run(&self.stack, &self.database, &ledger_of(&self.stack)).await?;
        report.must("promised_photos", findings.accepted, Goal::AtLeast(1.0))?;
        report.findings(&findings)?;
        if report.is_wrong() {
            let mut stack = Arc::into_inner(self.stack).context("a client goes on")?;
            report.say(&format!("everything is in {}", stack.keep_folder().display()))?;
        }
        Ok(Ended { quiet, findings })
    }
}

fn ledger_of(stack: &Stack) -> PathBuf {
    stack.folder().join("ledger.jsonl")
}

impl SmallDisks {
    const DATABASE_MEBIBYTES: u32 = 512;
    const OBJECTS_MEBIBYTES: u32 = 2048;

    fn mount() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("photo-faults-").tempdir()?;
        let database = Disk::mount(&folder.path().join("database"), Self::DATABASE_MEBIBYTES)?;
        let objects = Disk::mount(&folder.path().join("objects"), Self::OBJECTS_MEBIBYTES)?;
        Ok(Self { database, objects, _folder: folder })
    }
}
