//! The numbers of the backups.

use std::{
    sync::atomic::{AtomicI64, AtomicU64},
    time::Duration,
};

use photo_core::id::BackupId;
use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

/// What backups there are, and what making them took.
#[derive(Debug, Clone, Default)]
pub(crate) struct BackupMetrics {
    pub(crate) backups: Counter,
    pub(crate) failures: Counter,
    newest_time: Gauge<i64, AtomicI64>,
    newest_bytes: Gauge<i64, AtomicI64>,
    duration: Gauge<f64, AtomicU64>,
}

impl BackupMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("backups", "Backups of the database made", metrics.backups.clone());
        registry.register("backup_failures", "Backups that failed", metrics.failures.clone());
        let time = "When the newest backup was made, in seconds since 1970; 0 where none is known";
        registry.register("backup_newest_time_seconds", time, metrics.newest_time.clone());
        registry.register("backup_newest_bytes", "Size of the newest backup", metrics.newest_bytes.clone());
        registry.register("backup_duration_seconds", "How long the last backup took", metrics.duration.clone());
        metrics
    }

    /// The newest backup in the bucket.
    pub(crate) fn newest(&self, id: BackupId, size_bytes: u64) {
        self.newest_time.set(id.time().as_second());
        self.newest_bytes.set(i64::try_from(size_bytes).unwrap_or(i64::MAX));
    }

    /// A backup was made.
    pub(crate) fn made(&self, id: BackupId, size_bytes: u64, took: Duration) {
        self.newest(id, size_bytes);
        self.duration.set(took.as_secs_f64());
        self.backups.inc();
    }
}
