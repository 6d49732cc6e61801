//! A temporary runner of the metadata store's laws, and a measurement.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, missing_docs)]
#[path = "matrix/http.rs"]
mod http;
#[path = "matrix/sqlite.rs"]
mod sqlite;

use std::time::Instant;

use photo_core::{
    contract::{Subject, metadata_store::LAWS, sample},
    port::MetadataStore,
};

async fn laws(subject: impl Subject<dyn MetadataStore> + 'static) {
    let subject: &'static dyn Subject<dyn MetadataStore> = Box::leak(Box::new(subject));
    let mut failed = Vec::new();
    let only = std::env::var("LAW").unwrap_or_default();
    for law in LAWS.iter().filter(|law| law.name.contains(&only)) {
        let start = Instant::now();
        let ok = tokio::spawn((law.check)(subject)).await.is_ok();
        println!("{:6} ms {} {}", start.elapsed().as_millis(), if ok { "ok  " } else { "FAIL" }, law.name);
        if !ok {
            failed.push(law.name);
            subject.kill_server().await;
            subject.start_server().await;
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_laws() {
    laws(sqlite::subject()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_laws() {
    laws(http::subject().await).await;
}

async fn rate(name: &str, subject: &dyn Subject<dyn MetadataStore>) {
    let store = subject.port();
    let pipeline = sample::pipeline();
    store.add_pipeline(&pipeline).await.unwrap();
    for callers in [1_usize, 32] {
        let start = Instant::now();
        let tasks: Vec<_> = (0..callers)
            .map(|_| {
                let (store, pipeline) = (store.clone(), pipeline.clone());
                tokio::spawn(async move {
                    let owner = sample::owner();
                    let mut waits = Vec::new();
                    while start.elapsed().as_secs_f64() < 5.0 {
                        let new = sample::new_photo(&owner, &pipeline);
                        let begun = Instant::now();
                        store.accept(&new).await.unwrap();
                        waits.push(begun.elapsed());
                    }
                    waits
                })
            })
            .collect();
        let mut waits = Vec::new();
        for task in tasks {
            waits.extend(task.await.unwrap());
        }
        waits.sort();
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{name}: {callers:2} callers {:6.0} accepts/s, p50 {:?} p99 {:?}",
            waits.len() as f64 / seconds,
            waits[waits.len() / 2],
            waits[waits.len() * 99 / 100]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn measure() {
    rate("sqlite", &sqlite::subject()).await;
    rate("http", &http::subject().await).await;
}
