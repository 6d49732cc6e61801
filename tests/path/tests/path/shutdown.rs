//! How processes end and how they refuse to start.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::Stdio,
    time::Duration,
};

use image::ImageFormat;
use photo_stack::{Stack, StackOptions, live::Live, role::Role, stack::bin_folder};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
};

use crate::scene::{BOUNDARY, Caller, LIMIT, body, encoded, file_part, gradient, small_jpeg, stack, text, until};

/// Ends a role as Kubernetes does and requires that it says goodbye with 0.
async fn ends_well(role: &Role) {
    let status = role.terminate(LIMIT).await.unwrap();
    assert_eq!(status.code(), Some(0), "{}: {}", role.name(), role.process().unwrap().log_tail(20));
}

fn log_of(role: &Role) -> String {
    fs::read_to_string(role.log()).unwrap()
}

#[tokio::test]
async fn every_role_ends_with_zero_when_it_is_asked_to() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let photo = caller.accepted("a.jpg", &small_jpeg(1)).await;
    caller.ended(&photo["id"]).await;
    for role in [&stack.workers[0], &stack.api, &stack.events, &stack.storage] {
        ends_well(role).await;
        assert!(log_of(role).contains("\"stopped\""), "{} tells that it has stopped", role.name());
    }
}

#[tokio::test]
async fn an_upload_under_way_is_finished_before_the_api_ends() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let token = stack.keys.user_token("alice", Duration::from_hours(1)).unwrap();
    let body = body(&[file_part("half.jpg", &small_jpeg(1))]);
    let head = format!(
        "POST /photos/upload HTTP/1.1\r\nHost: photos\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n",
        body.len()
    );
    let mut upload = TcpStream::connect(stack.api.url().replace("http://", "")).await.unwrap();
    let (first, rest) = body.split_at(body.len() / 2);
    upload.write_all(&[head.as_bytes(), first].concat()).await.unwrap();
    let spool = stack.folder().join("spool");
    until("the upload is under way", LIMIT, async || fs::read_dir(&spool).unwrap().next().map(|_| ())).await;
    let (ended, answer) = tokio::join!(stack.api.terminate(LIMIT), async {
        until("the api is stopping", LIMIT, async || log_of(&stack.api).contains("\"stopping\"").then_some(())).await;
        upload.write_all(rest).await.unwrap();
        let mut answer = String::new();
        upload.read_to_string(&mut answer).await.unwrap();
        answer
    });
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(ended.unwrap().code(), Some(0));
    assert!(TcpStream::connect(stack.api.url().replace("http://", "")).await.is_err(), "nobody listens any more");
    stack.api.start().await.unwrap();
    let photos = caller.json("/photos").await;
    assert_eq!(caller.ended(&photos["photos"][0]["id"]).await["status"], "completed");
}

#[tokio::test]
async fn a_worker_that_is_asked_to_end_finishes_what_it_has() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let mut ids = Vec::new();
    for seed in 0..12 {
        let photo = encoded(&gradient(1500, 1000, seed), ImageFormat::Png);
        ids.push(caller.accepted("a.png", &photo).await["id"].clone());
    }
    let busy = async || {
        let pipelines = caller.json("/pipelines").await;
        let counts = &pipelines["pipelines"][0];
        (counts["completedTotal"] != 0).then_some(())
    };
    until("the worker is at work", LIMIT, busy).await;
    ends_well(&stack.workers[0]).await;
    for photo in caller.json("/photos").await["photos"].as_array().unwrap() {
        let status = text(&photo["status"]);
        assert!(["queued", "completed"].contains(&status), "no run was left open: {photo}");
    }
    stack.workers[0].start().await.unwrap();
    for id in &ids {
        assert_eq!(caller.ended(id).await["status"], "completed");
    }
    let pipelines = caller.json("/pipelines").await;
    assert_eq!(pipelines["pipelines"][0]["completedTotal"], ids.len(), "each was completed once");
}

#[tokio::test]
async fn a_worker_without_time_to_drain_hands_its_photo_back() {
    let mut options = StackOptions::default();
    options.pipelines[0].spec.worker.drain_timeout_seconds = 1;
    let stack = Stack::start(&options).await.unwrap();
    let caller = Caller::new(&stack, "alice");
    let photo = encoded(&gradient(7000, 7000, 1), ImageFormat::Png);
    let photo = caller.accepted("large.png", &photo).await;
    until("the worker is at work", LIMIT, async || {
        let photo = caller.json(&format!("/photos/{}", text(&photo["id"]))).await;
        (photo["status"] != "queued").then_some(())
    })
    .await;
    ends_well(&stack.workers[0]).await;
    let log = log_of(&stack.workers[0]);
    assert!(log.contains("\"handed back\"") || log.contains("\"outcome\":\"completed\""), "{log}");
    stack.workers[0].start().await.unwrap();
    let photo = caller.ended(&photo["id"]).await;
    assert_eq!(photo["status"], "completed", "{photo}");
}

#[tokio::test]
async fn sockets_are_closed_when_the_events_role_ends() {
    let stack = stack().await;
    let token = stack.keys.user_token("alice", Duration::from_hours(1)).unwrap();
    let mut direct = Live::connect(&stack.events.url(), &token).await.unwrap();
    let mut proxied = Live::connect(&stack.api.url(), &token).await.unwrap();
    let (ended, direct, proxied) = tokio::join!(stack.events.terminate(LIMIT), direct.event(), proxied.event());
    assert_eq!(ended.unwrap().code(), Some(0));
    assert_eq!((direct.unwrap(), proxied.unwrap()), (None, None));
    stack.events.start().await.unwrap();
    Live::connect(&stack.api.url(), &token).await.unwrap();
}

#[tokio::test]
async fn a_port_in_use_ends_a_role_with_a_reason() {
    let stack = stack().await;
    for role in [&stack.workers[0], &stack.api, &stack.events, &stack.storage] {
        role.kill();
        let url = if role.name().contains("worker") { role.probe_url() } else { role.url() };
        let port: u16 = url.rsplit_once(':').unwrap().1.parse().unwrap();
        let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        role.launch().unwrap();
        let process = role.process().unwrap();
        let ended = async || process.exit_status().unwrap();
        let status = until(&format!("{} ends", role.name()), LIMIT, ended).await;
        assert!(!status.success() && status.code().is_some(), "{}: {status}", role.name());
        assert!(log_of(role).contains(&format!("port {port} is in use")), "{}", process.log_tail(20));
        drop(holder);
        role.start().await.unwrap();
    }
}

/// What a program says when it is started with only this environment; it must end with an error.
async fn refusal(program: &str, subcommand: &str, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(bin_folder().unwrap().join(program));
    command.arg(subcommand).env_clear().envs(environment.iter().copied()).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, command.output()).await.expect("it ends by itself").unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.status.code().is_some(), "{program} {subcommand}: {said}");
    said
}

#[tokio::test]
async fn missing_settings_are_named() {
    for (program, subcommand, names) in [
        ("photo-gateway", "api", &["STORAGE_URL", "MINIO_ENDPOINT"][..]),
        ("photo-gateway", "storage", &["SQLITE_PATH", "REDIS_URL", "MINIO_ENDPOINT"]),
        ("photo-gateway", "events", &["STORAGE_URL", "REDIS_URL"]),
        ("photo-worker", "run", &["PIPELINE_NAME", "PIPELINE_FILE", "REDIS_URL", "MINIO_ENDPOINT", "STORAGE_URL"]),
    ] {
        let said = refusal(program, subcommand, &[]).await;
        for name in names {
            assert!(said.contains(name), "{program} {subcommand} does not name {name}: {said}");
        }
    }
}

/// An environment that an api role can start with, but for what a test changes.
const API: [(&str, &str); 6] = [
    ("STORAGE_URL", "http://127.0.0.1:9"),
    ("MINIO_ENDPOINT", "http://127.0.0.1:9"),
    ("MINIO_ACCESS_KEY", "an-access-key"),
    ("MINIO_SECRET_KEY", "a-secret-key-that-nobody-knows"),
    ("SERVICE_TOKEN_KEY", "0123456789abcdef0123456789abcdef"),
    ("JWT_SECRET", "fedcba9876543210fedcba9876543210"),
];

/// What a worker needs besides.
const WORKER: [(&str, &str); 2] = [("PIPELINE_NAME", "quick"), ("REDIS_URL", "redis://127.0.0.1:9")];

#[tokio::test]
async fn settings_that_cannot_be_right_are_refused_with_a_reason() {
    for (name, value, reason) in [
        ("JWT_SECRET", "short", "JWT_SECRET has 5 bytes"),
        ("JWT_SECRET_FILE", "/dev/null", "JWT_SECRET and JWT_SECRET_FILE are both set"),
        ("SERVICE_TOKEN_KEY", "dev-secret-key-change-in-production-please", "SERVICE_TOKEN_KEY holds a default"),
        ("MINIO_SECRET_KEY", "minioadmin", "MINIO_SECRET_KEY holds a default"),
        ("MINIO_ENDPOINT", "not a url", "MINIO_ENDPOINT"),
        ("STORAGE_URL", "not a url", "--storage-url"),
        ("OBJECT_PREFIX", "Upper Case", "OBJECT_PREFIX"),
        ("EVENTS_URL", "redis://events", "EVENTS_URL"),
        ("PORT", "70000", "70000"),
        ("LOG_FORMAT", "xml", "xml"),
        ("LOG_LEVEL", "a=b=c", "LOG_LEVEL"),
        ("SPOOL_BYTES_MAX", "1", "SPOOL_BYTES_MAX"),
        ("PLATFORM_FILE", "/nowhere/platform.yaml", "PLATFORM_FILE"),
    ] {
        let mut environment = API.to_vec();
        environment.retain(|(kept, _)| *kept != name);
        environment.push((name, value));
        let said = refusal("photo-gateway", "api", &environment).await;
        assert!(said.contains(reason), "{name}={value}: {said}");
    }
}

#[tokio::test]
async fn unknown_keys_in_mounted_files_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let platform = file("platform.yaml", "gateway:\n  upload:\n    maxBites: 5\n");
    let said = refusal("photo-gateway", "api", &with(&API, &[("PLATFORM_FILE", &platform)])).await;
    assert!(said.contains("PLATFORM_FILE") && said.contains("maxBites"), "{said}");
    let worker = [&API[..], &WORKER].concat();
    for (content, reason) in [
        ("stages: []\n", "1 to 16 stages"),
        ("stages:\n- name: thumbs\n  sharpen: {}\n", "PIPELINE_FILE"),
        ("stagess: []\n", "stagess"),
        (
            "stages:\n- name: one\n  type: Thumbnails\n- name: two\n  type: Thumbnails\n",
            "two outputs are named `150`; rename one",
        ),
    ] {
        let pipeline = file("pipeline.yaml", content);
        let said = refusal("photo-worker", "run", &with(&worker, &[("PIPELINE_FILE", &pipeline)])).await;
        assert!(said.contains("PIPELINE_FILE") && said.contains(reason), "{content}: {said}");
    }
}

#[tokio::test]
async fn a_worker_does_not_start_with_too_little_memory_for_a_photo() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = folder.path().join("pipeline.yaml");
    fs::write(&pipeline, "stages:\n- name: check\n  type: Validation\n").unwrap();
    let worker = [&API[..], &WORKER].concat();
    for (mebibytes, reason) in [
        ("63", "SLOT_MEMORY_MIB: 63 is too little, a slot needs at least 64 to start"),
        ("0", "SLOT_MEMORY_MIB: 0 is too little"),
        ("much", "SLOT_MEMORY_MIB"),
    ] {
        let environment = [with(&worker, &[("PIPELINE_FILE", &pipeline)]), vec![("SLOT_MEMORY_MIB", mebibytes)]];
        let said = refusal("photo-worker", "run", &environment.concat()).await;
        assert!(said.contains(reason) || said.contains("slot-memory-mib"), "{mebibytes}: {said}");
    }
}

fn with<'a>(environment: &[(&'a str, &'a str)], files: &[(&'a str, &'a Path)]) -> Vec<(&'a str, &'a str)> {
    let files = files.iter().map(|(name, path)| (*name, path.to_str().unwrap()));
    environment.iter().copied().chain(files).collect()
}
