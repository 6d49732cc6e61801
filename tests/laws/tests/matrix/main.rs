//! Runs every law of every port on every adapter, each against a server that this program started, and prints the matrix.
//!
//! `cargo test -p photo-laws -- TEXT` runs the laws whose names contain TEXT; the matrix then has holes, and is not
//! judged for them.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test program: what it starts comes up, or it fails")]

use std::{process::ExitCode, sync::Arc};

use photo_core::{
    contract::{Subject, blob_store, event_log, job_queue, metadata_store},
    port::{BlobStore, EventLog, JobQueue, MetadataStore},
};
use photo_laws::{
    report::{self, Matrix},
    run::run,
};
use tokio::join;

mod bullmq;
mod files;
mod http;
mod memory;
mod redis_log;
mod s3;
mod sqlite;

#[tokio::main]
async fn main() -> ExitCode {
    // The test harness's own flags mean nothing here; a word is a filter, as it is there.
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let words = filter.as_deref();
    let matrices = join!(blob_stores(words), metadata_stores(words), job_queues(words), event_logs(words));
    report::print(&<[Matrix; 4]>::from(matrices), filter.is_some())
}

async fn blob_stores(filter: Option<&str>) -> Matrix {
    let column = |adapter, subject: Arc<dyn Subject<dyn BlobStore>>| run(adapter, subject, blob_store::LAWS, filter);
    let s3 = async { column("S3", Arc::new(s3::subject().await)).await };
    let files = async { column("Files", Arc::new(files::subject())).await };
    let (s3, files) = join!(s3, files);
    Matrix::of("BlobStore", vec![s3, files])
}

async fn metadata_stores(filter: Option<&str>) -> Matrix {
    let column =
        |adapter, subject: Arc<dyn Subject<dyn MetadataStore>>| run(adapter, subject, metadata_store::LAWS, filter);
    let sqlite = async { column("SQLite", Arc::new(sqlite::subject())).await };
    let http = async { column("HTTP", Arc::new(http::subject().await)).await };
    let (sqlite, http) = join!(sqlite, http);
    Matrix::of("MetadataStore", vec![sqlite, http])
}

async fn job_queues(filter: Option<&str>) -> Matrix {
    let column = |adapter, subject: Arc<dyn Subject<dyn JobQueue>>| run(adapter, subject, job_queue::LAWS, filter);
    let bullmq = async { column("BullMQ", Arc::new(bullmq::BullSubject::start().await)).await };
    let memory = async { column("Memory", Arc::new(memory::MemoryQueueSubject::new())).await };
    let (bullmq, memory) = join!(bullmq, memory);
    Matrix::of("JobQueue", vec![bullmq, memory])
}

async fn event_logs(filter: Option<&str>) -> Matrix {
    let column = |adapter, subject: Arc<dyn Subject<dyn EventLog>>| run(adapter, subject, event_log::LAWS, filter);
    let redis = async { column("Redis", Arc::new(redis_log::RedisLogSubject::start().await)).await };
    let memory = async { column("Memory", Arc::new(memory::MemoryLogSubject::new())).await };
    let (redis, memory) = join!(redis, memory);
    Matrix::of("EventLog", vec![redis, memory])
}
