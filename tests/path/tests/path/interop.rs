//! Our queues are BullMQ's: npm's bullmq and Bull Board on the queues of a running platform (`tests/interop`).

use std::{
    collections::BTreeMap,
    io::{Write, stdout},
    time::Duration,
};

use photo_stack::{Stack, StackOptions, stack::StackPipeline};

use crate::{node, once::redis, scene::samples_folder};

#[tokio::test]
async fn npm_programs_work_on_the_queues_of_a_redis_of_our_own() {
    npm_programs_work("", "bull").await;
}

#[tokio::test]
async fn npm_programs_work_on_the_queues_of_a_shared_redis() {
    npm_programs_work("team-photos:", "team-photos-bull").await;
}

/// Runs the npm tests on a platform with that `REDIS_PREFIX`; its BullMQ keys are below `bull_prefix`.
async fn npm_programs_work(redis_prefix: &str, bull_prefix: &str) {
    let folder = node::folder("interop");
    // Chromium is driven from there.
    node::installed(&node::folder("browser"), "playwright-core", &node::chromium()).unwrap();
    node::installed(&folder, "bullmq", &node::chromium()).unwrap();
    let stack = Stack::start(&options(redis_prefix)).await.unwrap();
    let [worker] = &stack.workers[..] else { panic!("one worker") };
    let settings = [
        ("PHOTO_URL", stack.api.url()),
        ("PHOTO_SAMPLES", samples_folder().display().to_string()),
        ("PHOTO_TOKEN", stack.keys.user_token("alice", Duration::from_hours(1)).unwrap()),
        ("PHOTO_WORKER_METRICS", format!("{}/metrics", worker.probe_url())),
        ("PHOTO_REDIS_URL", redis(&stack).url()),
        ("PHOTO_BULL_PREFIX", bull_prefix.to_owned()),
    ];
    let said = node::run(&folder, "test", &settings).await;
    let versions = said.lines().find(|line| line.starts_with("versions: ")).expect("the tests name their versions");
    // Past the test harness, which shows what is printed only where a test fails.
    writeln!(stdout(), "interop with the prefix `{bull_prefix}`: ours bullmq-official {}, {versions}", our_client())
        .unwrap();
}

/// `full-processing` with one worker, and a pipeline whose jobs nobody of ours takes.
fn options(redis_prefix: &str) -> StackOptions {
    let mut options = StackOptions { own_servers: true, ..StackOptions::default() };
    let spec = options.pipelines[0].spec.clone();
    options.pipelines.push(StackPipeline { name: "unattended".parse().unwrap(), spec, workers: 0 });
    for role in ["storage", "events", "worker"] {
        options.environment.insert(role, BTreeMap::from([("REDIS_PREFIX".to_owned(), redis_prefix.to_owned())]));
    }
    options
}

/// The version of the client that our roles use.
fn our_client() -> String {
    let lock = std::fs::read_to_string(concat!(env!("REPOSITORY"), "Cargo.lock")).unwrap();
    let mut lines = lock.lines().skip_while(|line| *line != "name = \"bullmq-official\"");
    let version = lines.find_map(|line| line.strip_prefix("version = ")).expect("Cargo.lock names the client");
    version.trim_matches('"').to_owned()
}
