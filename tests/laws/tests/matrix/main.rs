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

mod bullmq;
mod http;
mod redis_log;
mod report;
mod run;
mod s3;
mod sqlite;

use report::Matrix;
use run::run;

#[tokio::main]
async fn main() -> ExitCode {
    // The test harness's own flags mean nothing here; a word is a filter, as it is there.
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let filter = filter.as_deref();
    let (s3, sqlite, http, bullmq, redis_log) = tokio::join!(
        async {
            run("S3", Arc::new(s3::subject().await) as Arc<dyn Subject<dyn BlobStore>>, blob_store::LAWS, filter).await
        },
        async {
            run(
                "SQLite",
                Arc::new(sqlite::subject()) as Arc<dyn Subject<dyn MetadataStore>>,
                metadata_store::LAWS,
                filter,
            )
            .await
        },
        async {
            run(
                "HTTP",
                Arc::new(http::subject().await) as Arc<dyn Subject<dyn MetadataStore>>,
                metadata_store::LAWS,
                filter,
            )
            .await
        },
        async {
            run(
                "BullMQ",
                Arc::new(bullmq::BullSubject::start().await) as Arc<dyn Subject<dyn JobQueue>>,
                job_queue::LAWS,
                filter,
            )
            .await
        },
        async {
            run(
                "Redis",
                Arc::new(redis_log::RedisLogSubject::start().await) as Arc<dyn Subject<dyn EventLog>>,
                event_log::LAWS,
                filter,
            )
            .await
        },
    );
    let ports = [
        Matrix::of("BlobStore", vec![s3]),
        Matrix::of("MetadataStore", vec![sqlite, http]),
        Matrix::of("JobQueue", vec![bullmq]),
        Matrix::of("EventLog", vec![redis_log]),
    ];
    report::print(&ports, filter.is_some())
}
