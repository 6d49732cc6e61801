//! Photos that abort, hang or eat memory fail alone: each run has a process of its own, with bounds.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use photo_core::pipeline::{BackoffSpec, StageKind, ValidationSpec};
use photo_stack::{Stack, StackOptions};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    hostile,
    scene::{Caller, LIMIT, small_jpeg, text, until},
    told::Told,
};

const MEBIBYTE: u64 = 1024 * 1024;

/// Enough for 100 million pixels of a progressive JPEG, which take 600 MiB.
const SLOT_MIB: u64 = 768;

/// Photos at the same time.
const CONCURRENCY: u16 = 3;

/// One worker whose slots have that much memory. A validation has two seconds, a photo one attempt.
async fn stack_of(concurrency: u16, slot_mib: u64) -> Stack {
    let mut options = StackOptions::default();
    let spec = &mut options.pipelines[0].spec;
    spec.worker.concurrency = concurrency;
    spec.queue.job_options.attempts = 1;
    // Larger than any slot holds: here it is the process that protects the worker.
    spec.stages[0].kind =
        StageKind::Validation(ValidationSpec { max_pixels: 900_000_000, ..ValidationSpec::default() });
    spec.stages[0].timeout_seconds = 2;
    let memory = ("SLOT_MEMORY_MIB".to_owned(), slot_mib.to_string());
    options.environment.insert("worker", [memory].into());
    Stack::start(&options).await.unwrap()
}

/// The processes whose parent is that one and that have not ended.
fn children(parent: u32) -> BTreeSet<u32> {
    let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|(state, ppid)| state != "Z" && ppid == parent)).collect()
}

/// State and parent of a process.
fn stat(pid: u32) -> Option<(String, u32)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn is_running(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != "Z")
}

/// A line of `/proc/<pid>/status` or `limits`, without its name.
fn proc_line(pid: u32, file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim_start_matches(':').trim().to_owned()))
}

fn signal(pid: u32, signal: &str) {
    let sent = Command::new("/bin/kill").args([signal, &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "{pid} can't be sent {signal}");
}

/// The only slot of a worker of concurrency 1.
fn only_slot(stack: &Stack) -> u32 {
    let slots = children(worker_pid(stack));
    assert_eq!(slots.len(), 1, "{slots:?}");
    slots.into_iter().next().unwrap()
}

fn worker_pid(stack: &Stack) -> u32 {
    stack.workers[0].process().unwrap().pid()
}

/// The runs of a photo that have been logged.
async fn runs(caller: &Caller, id: &str) -> Vec<Value> {
    let log = caller.json(&format!("/photos/{id}/log")).await;
    log["runs"].as_array().unwrap().clone()
}

/// What was seen of a worker's slots while it worked.
#[derive(Default)]
struct Seen {
    at_once: usize,
    peak_bytes: u64,
}

impl Seen {
    fn look(&mut self, worker: u32) {
        let slots = children(worker);
        self.at_once = self.at_once.max(slots.len());
        for pid in slots {
            let kib = proc_line(pid, "status", "VmPeak").and_then(|text| text.strip_suffix(" kB")?.parse::<u64>().ok());
            self.peak_bytes = self.peak_bytes.max(kib.unwrap_or(0) * 1024);
        }
    }
}

/// Looks at the slots of a worker again and again, until it is dropped.
struct Watch {
    seen: Arc<Mutex<Seen>>,
    watching: tokio::task::JoinHandle<()>,
}

impl Watch {
    fn of(worker: u32) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let noted = Arc::clone(&seen);
        let watching = tokio::spawn(async move {
            loop {
                noted.lock().unwrap().look(worker);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        Self { seen, watching }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

#[tokio::test]
async fn photos_that_abort_hang_or_eat_memory_fail_alone() {
    let stack = stack_of(CONCURRENCY, SLOT_MIB).await;
    let caller = Caller::new(&stack, "alice");
    let mut told = Told::of(&stack, "alice").await;
    let worker = worker_pid(&stack);
    let watch = Watch::of(worker);
    let (memory, generic) = ("The photo needs more memory than the server gives one photo.", "processing_failed");
    let late = "This stage took longer than the 2 s that it may take.";
    let bad = [
        ("aborts.png", hostile::png(20_000, 20_000), generic, memory),
        ("hangs.jpg", hostile::progressive_jpeg(10_000, 99), "timed_out", late),
        ("eats.jpg", hostile::progressive_jpeg(14_000, 3), generic, memory),
    ];
    let (mut healthy, mut hostile) = (Vec::new(), Vec::new());
    for (number, (name, photo, code, sentence)) in (0..).zip(&bad) {
        for seed in 0..4 {
            let photo = caller.accepted("healthy.jpg", &small_jpeg(10 * number + seed)).await;
            healthy.push(text(&photo["id"]).to_owned());
        }
        assert!(photo.len() < 20_000, "{name} is small");
        let id = text(&caller.accepted(name, photo).await["id"]).to_owned();
        hostile.push((*name, id, *code, *sentence));
    }
    for id in &healthy {
        let photo = caller.ended(&json!(id)).await;
        assert_eq!(photo["status"], "completed", "{photo}");
        let runs = runs(&caller, id).await;
        assert_eq!((runs.len(), &runs[0]["delivery"]), (1, &json!(1)), "its neighbours cost it nothing");
    }
    for (name, id, code, sentence) in hostile {
        let photo = caller.ended(&json!(id)).await;
        assert_eq!((&photo["status"], &photo["failure"]["code"]), (&json!("dead"), &json!("attempts_exhausted")));
        assert!(text(&photo["failure"]["message"]).ends_with(sentence), "{name}: {photo}");
        let failed = told.first(&id, "photo.processing.stage.failed").await;
        let failure = json!({ "code": code, "message": sentence });
        assert_eq!((&failed["data"]["stage"], &failed["data"]["failure"]), (&json!("validation"), &failure), "{name}");
        assert_eq!(runs(&caller, &id).await[0]["stages"][0]["error"], sentence, "{name}");
    }
    assert_eq!(worker_pid(&stack), worker, "the worker is the same");
    assert!(stack.workers[0].process().unwrap().is_running());
    let rss = stack.workers[0].peak_rss_bytes().unwrap();
    assert!(rss < 128 * MEBIBYTE, "the worker itself took {rss} bytes");
    let seen = watch.seen.lock().unwrap();
    assert!(seen.at_once <= CONCURRENCY.into(), "{} slots at once", seen.at_once);
    assert!(seen.peak_bytes <= SLOT_MIB * MEBIBYTE, "a slot took {} bytes", seen.peak_bytes);
    assert!(seen.peak_bytes > 500 * MEBIBYTE, "the slow photo was seen");
    let log = fs::read_to_string(stack.workers[0].log()).unwrap();
    assert!(log.contains("memory allocation of 1600000000 bytes failed"), "one of them aborted its process");
}

#[tokio::test]
async fn a_slot_is_confined_before_it_sees_a_photo() {
    let stack = stack_of(1, 64).await;
    let slot = only_slot(&stack);
    let environment = fs::read_to_string(format!("/proc/{slot}/environ")).unwrap();
    // Its C library has put an end to each setting of its heap.
    let settings = environment.strip_prefix("GLIBC_TUNABLES=").unwrap_or(&environment);
    let is_heap = |text: &str| text.is_empty() || text.starts_with("glibc.malloc.");
    assert!(settings.split(['\0', ':']).all(is_heap), "no secret is in its environment: {environment}");
    let limit = |name| proc_line(slot, "limits", name).unwrap();
    let both = |value: u64, unit: &str| format!("{value:<20} {value:<20} {unit}");
    assert_eq!(limit("Max address space"), both(64 * MEBIBYTE, "bytes"));
    assert_eq!(limit("Max core file size"), both(0, "bytes"));
    assert_eq!(limit("Max file size"), both(0, "bytes"));
    assert_eq!(limit("Max open files"), both(16, "files"));
    assert_eq!(proc_line(slot, "status", "NoNewPrivs").unwrap(), "1");
    assert_eq!(proc_line(slot, "status", "Threads").unwrap(), "1");
    assert_eq!(fs::read_to_string(format!("/proc/{slot}/oom_score_adj")).unwrap().trim(), "1000");
    assert_eq!(fs::read_link(format!("/proc/{slot}/cwd")).unwrap(), Path::new("/"));
    let files = fs::read_dir(format!("/proc/{slot}/fd")).unwrap();
    let others: Vec<PathBuf> = files.map(|file| fs::read_link(file.unwrap().path()).unwrap()).collect();
    // Whoever started the worker may have left a pipe open.
    let harmless = |file: &Path| file == Path::new("/dev/null") || file.to_string_lossy().starts_with("pipe:");
    assert!(others.iter().all(|file| harmless(file)), "no socket and no file of the worker: {others:?}");
    let caller = Caller::new(&stack, "alice");
    for seed in 0..3 {
        let photo = caller.accepted("small.jpg", &small_jpeg(seed)).await;
        assert_eq!(caller.ended(&photo["id"]).await["status"], "completed", "the least memory is enough to work");
    }
    assert_eq!(only_slot(&stack), slot, "a slot is kept from photo to photo");
}

/// A photo whose stage has begun and does not end: its slot stands still. A slot that is killed nevertheless dies.
async fn frozen(stack: &Stack, caller: &Caller, told: &mut Told) -> (String, u32) {
    let slot = only_slot(stack);
    let id = text(&caller.accepted("slow.jpg", &hostile::laborious_jpeg(10_000)).await["id"]).to_owned();
    told.first(&id, "photo.processing.stage.started").await;
    signal(slot, "-STOP");
    (id, slot)
}

/// One worker with one slot and a minute for each stage.
async fn patient_stack() -> Stack {
    let mut options = StackOptions::default();
    let spec = &mut options.pipelines[0].spec;
    (spec.worker.concurrency, spec.worker.drain_timeout_seconds) = (1, 1);
    spec.queue.job_options.backoff = BackoffSpec { delay_seconds: 1, ..BackoffSpec::default() };
    Stack::start(&options).await.unwrap()
}

#[tokio::test]
async fn a_killed_slot_costs_its_photo_one_attempt() {
    let stack = patient_stack().await;
    let caller = Caller::new(&stack, "alice");
    let mut told = Told::of(&stack, "alice").await;
    let (id, slot) = frozen(&stack, &caller, &mut told).await;
    signal(slot, "-KILL");
    let failed = told.first(&id, "photo.processing.stage.failed").await;
    let sentence = "The server could not get to the end of this stage.";
    assert_eq!(failed["data"]["failure"], json!({ "code": "processing_failed", "message": sentence }));
    assert_eq!(caller.ended(&json!(id)).await["status"], "completed", "the photo itself is whole");
    let outcomes: Vec<Value> = runs(&caller, &id).await.iter().map(|run| run["outcome"].clone()).collect();
    assert_eq!(outcomes, ["retried", "completed"]);
    assert_ne!(only_slot(&stack), slot);
}

#[tokio::test]
async fn a_cancelled_photo_is_not_worked_on_for_more_than_ten_seconds() {
    let stack = patient_stack().await;
    let caller = Caller::new(&stack, "alice");
    let (id, slot) = frozen(&stack, &caller, &mut Told::of(&stack, "alice").await).await;
    let reply = caller.request(Method::POST, &format!("/photos/{id}/cancel")).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    until("the slot is killed", Duration::from_secs(10), async || (!is_running(slot)).then_some(())).await;
    let fenced = async || {
        let jobs = stack.workers[0].metric(r#"photo_worker_jobs_total{outcome="fenced"}"#).await.unwrap();
        (jobs == 1).then_some(())
    };
    until("the job has ended", LIMIT, fenced).await;
    assert_eq!(caller.json(&format!("/photos/{id}")).await["status"], "cancelled");
    let next = caller.accepted("next.jpg", &small_jpeg(1)).await;
    assert_eq!(caller.ended(&next["id"]).await["status"], "completed", "the worker goes on");
}

#[tokio::test]
async fn a_worker_that_hands_back_burns_no_time_for_nobody() {
    let stack = patient_stack().await;
    let caller = Caller::new(&stack, "alice");
    let (id, slot) = frozen(&stack, &caller, &mut Told::of(&stack, "alice").await).await;
    let status = stack.workers[0].terminate(LIMIT).await.unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(!is_running(slot), "it was killed before the worker ended");
    assert_eq!(runs(&caller, &id).await[0]["outcome"], "deferred", "the attempt does not count");
}

#[tokio::test]
async fn a_slot_does_not_outlive_its_worker() {
    let stack = patient_stack().await;
    let caller = Caller::new(&stack, "alice");
    let (_, slot) = frozen(&stack, &caller, &mut Told::of(&stack, "alice").await).await;
    stack.workers[0].kill();
    // It stands still and reads no pipe: only the kernel can end it.
    until("the kernel ends the slot", LIMIT, async || (!is_running(slot)).then_some(())).await;
}
