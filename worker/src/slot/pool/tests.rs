use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::{self, BoxFuture, join_all},
    stream,
};
use photo_core::{
    error_class::ErrorClass,
    failure::FailureCode,
    pipeline::{ConfigMapKeyRef, OnFailure, StageKind, StageSpec, ThumbnailsSpec, ValidationSpec},
    port::{ErrorKind, PortError},
    run::StageStatus,
};
use photo_stages::EndedStage;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::*;
use crate::slot::{
    frame,
    message::{Order, Report, RunOrder},
    original::OpenOriginal,
};

const LIMIT: Duration = Duration::from_mins(1);

/// More than a pipe holds.
static PHOTO: &[u8] = &[b'7'; 300_000];

/// A folder with scripts that pretend to be slots, and the frames that they say.
struct Stage {
    folder: TempDir,
}

impl Stage {
    fn set() -> Self {
        let stage = Self { folder: tempfile::tempdir().unwrap() };
        stage.put("ready", &Report::Ready, b"");
        stage.put("started", &Report::Stage(StageUpdate::Started { stage: "check".parse().unwrap() }), b"");
        stage.put("completed", &Report::Stage(StageUpdate::Completed { stage: "check".parse().unwrap() }), b"");
        stage.put("skipped", &skipped("small"), b"");
        stage.put("ended", &Report::Ended, b"");
        stage
    }

    fn put(&self, name: &str, report: &Report, body: &[u8]) {
        let mut bytes = Vec::new();
        frame::write(&mut bytes, report, body).unwrap();
        std::fs::write(self.path().join(name), bytes).unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Slots whose processes run that script in the folder, once they are ready.
    async fn slots(&self, script: &str) -> Slots {
        self.start(&format!("cat ready; {script}")).await.unwrap()
    }

    async fn start(&self, script: &str) -> Result<Slots, SlotStartError> {
        self.start_with(Vec::new(), script).await
    }

    async fn start_with(&self, marks: Vec<MarkFile>, script: &str) -> Result<Slots, SlotStartError> {
        let script = format!("cd '{}'; {script}", self.path().display());
        let memory = SlotMemory::of(Some(SlotMemory::LEAST_MIB), 1).unwrap();
        Slots::start(SlotCommand::new("/bin/sh", ["-c".to_owned(), script]), memory, marks).await
    }

    /// A command that reads all orders of a slot's first photo.
    fn take(spec: &PipelineSpec, ended: &[EndedStage]) -> String {
        let memory = SlotMemory::of(Some(SlotMemory::LEAST_MIB), 1).unwrap();
        let confine = frame::head(&Order::Confine { address_space: memory.bytes(), marks: 0 }, 0).unwrap();
        let run = frame::head(&RunOrder::Run { spec, ended }, PHOTO.len() as u64).unwrap();
        format!("head -c {}", confine.len() + run.len() + PHOTO.len())
    }

    fn read(&self, name: &str) -> String {
        let bytes = std::fs::read(self.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn skipped(stage: &str) -> Report {
    Report::Stage(StageUpdate::Skipped { stage: stage.parse().unwrap(), reason: "It is disabled.".to_owned() })
}

/// `check`, which has a second, and `small`.
fn spec(on_failure: OnFailure) -> PipelineSpec {
    let mut check = StageSpec::new("check".parse().unwrap(), StageKind::Validation(ValidationSpec::default()));
    (check.timeout_seconds, check.on_failure) = (1, on_failure);
    let small = StageSpec::new("small".parse().unwrap(), StageKind::Thumbnails(ThumbnailsSpec::default()));
    PipelineSpec::of(vec![check, small])
}

/// Runs the photo and returns what was told.
async fn run(slots: &Slots, spec: &PipelineSpec) -> (Vec<StageUpdate>, Result<(), StagesError>) {
    let mut told = Vec::new();
    let ended = tokio::time::timeout(LIMIT, slots.run(spec, &PHOTO, &mut |update| told.push(update))).await;
    (told, ended.expect("a run ends, whatever its slot does"))
}

/// Requires that the script fails that stage, and nothing else, with this code and sentence.
async fn fails(stage_name: &str, script: &str, code: FailureCode, sentence: &str) {
    let stage = Stage::set();
    let slots = stage.slots(script).await;
    let (told, ended) = run(&slots, &spec(OnFailure::Fail)).await;
    let Err(StagesError::Stage(failure)) = ended else { panic!("{script}: {ended:?}") };
    assert_eq!((failure.stage.as_str(), failure.class), (stage_name, ErrorClass::Logic), "{script}");
    assert_eq!((failure.failure.code, failure.failure.message.as_str()), (code, sentence), "{script}: {failure}");
    assert_eq!(told.last(), Some(&StageUpdate::Failed { failure }), "{script}");
    assert!(slots.idle.lock().unwrap().is_empty(), "{script}: the slot is not used again");
}

const BROKEN: &str = "The server could not get to the end of this stage.";

#[tokio::test]
async fn whatever_a_slot_says_or_does_not_say_costs_its_own_stage() {
    let scripts = [
        "echo 'garbage of any kind'; exec sleep 1000",
        "cat started; echo 'this is no frame at all'; exec sleep 1000",
        "cat started; head -c 20 completed",
        "head -c 1073741824 /dev/zero",
        "cat started; head -c 1073741824 /dev/zero | tr '\\0' '\\1'",
        "cat started started; exec sleep 1000",
        "cat completed; exec sleep 1000",
        "cat ready; exec sleep 1000",
        "exec <&-; cat started; sleep 0.1",
        "cat started; exit 0",
        "cat started; exit 7",
        "cat started; kill -SEGV $$",
        "cat started; kill -KILL $$",
    ];
    join_all(scripts.map(|script| fails("check", script, FailureCode::ProcessingFailed, BROKEN))).await;
    fails("small", "cat started completed ended; exec sleep 1000", FailureCode::ProcessingFailed, BROKEN).await;
}

#[tokio::test]
async fn an_output_larger_than_the_slots_memory_is_never_held() {
    let stage = Stage::set();
    let mut huge = frame::head(&Report::Stage(StageUpdate::Started { stage: "check".parse().unwrap() }), 0).unwrap();
    huge.extend(frame::head(&Report::Ended, u64::MAX).unwrap());
    std::fs::write(stage.path().join("huge"), huge).unwrap();
    let slots = stage.slots("cat huge; exec sleep 1000").await;
    let (_, ended) = run(&slots, &spec(OnFailure::Fail)).await;
    let Err(StagesError::Stage(failure)) = ended else { panic!("{ended:?}") };
    assert!(failure.detail.contains("a body of 18446744073709551615 bytes is too long"), "{failure}");
}

#[tokio::test]
async fn memory_that_ran_out_is_told_to_the_owner() {
    let script = "cat started; echo 'memory allocation of 800000000 bytes failed' >&2; kill -ABRT $$";
    let sentence = "The photo needs more memory than the server gives one photo.";
    fails("check", script, FailureCode::ProcessingFailed, sentence).await;
}

#[tokio::test]
async fn a_stage_that_takes_too_long_is_ended_at_its_time() {
    let sentence = "This stage took longer than the 1 s that it may take.";
    for script in ["cat started; exec sleep 1000", "cat started; head -c 20 completed; exec sleep 1000"] {
        fails("check", script, FailureCode::TimedOut, sentence).await;
    }
}

#[tokio::test]
async fn a_slot_that_is_silent_outside_of_a_stage_is_found() {
    for (script, blamed) in [(":", "check"), ("cat started completed", "small")] {
        let stage = Stage::set();
        let slots = stage.slots(&format!("{script}; touch said; exec sleep 1000")).await;
        until(|| stage.path().join("said").exists().then_some(())).await;
        // From here on the clock jumps to the next deadline when nothing is left to read.
        tokio::time::pause();
        let ended = slots.run(&spec(OnFailure::Fail), &PHOTO, &mut drop).await;
        let Err(StagesError::Stage(failure)) = ended else { panic!("{ended:?}") };
        assert_eq!((failure.stage.as_str(), failure.failure.message.as_str()), (blamed, BROKEN));
        assert!(failure.detail.contains("silent between two stages"), "{failure}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn after_a_stage_that_may_fail_a_fresh_slot_goes_on_with_the_rest() {
    let (stage, spec) = (Stage::set(), spec(OnFailure::Skip));
    let ended = [EndedStage { stage: "check".parse().unwrap(), status: StageStatus::Failed }];
    let second = format!("{} > orders; cat skipped ended; exec sleep 1000", Stage::take(&spec, &ended));
    // The first is there until its photo comes: else the second would be asked for all of it.
    let first = "touch one; head -c 1 > nothing; cat started; exit 1";
    let slots = stage.slots(&format!("if [ -e one ]; then {second}; fi; {first}")).await;
    let (told, ended) = run(&slots, &spec).await;
    assert!(ended.is_ok(), "{ended:?}");
    let [StageUpdate::Started { .. }, StageUpdate::Failed { failure }, StageUpdate::Skipped { stage: skipped, .. }] =
        told.as_slice()
    else {
        panic!("{told:?}");
    };
    assert_eq!((failure.stage.as_str(), skipped.as_str()), ("check", "small"));
    let orders = stage.read("orders");
    assert!(orders.contains(r#""ended":[{"stage":"check","status":"failed"}]"#), "{}", orders.len());
}

#[tokio::test]
async fn a_slot_that_dies_between_two_photos_is_replaced() {
    let (stage, spec) = (Stage::set(), spec(OnFailure::Fail));
    let take = Stage::take(&spec, &[]);
    let work = format!("echo $$ >> pids; {take} > /dev/null; cat started completed skipped ended; exec sleep 1000");
    let slots = stage.slots(&work).await;
    run(&slots, &spec).await.1.unwrap();
    assert_eq!(slots.idle.lock().unwrap().len(), 1, "it is kept");
    let pid = stage.read("pids").trim().to_owned();
    assert!(Command::new("/bin/kill").args(["-KILL", &pid]).status().unwrap().success());
    until(|| (!is_running(&pid)).then_some(())).await;
    run(&slots, &spec).await.1.unwrap();
    assert_eq!(stage.read("pids").lines().count(), 2);
}

#[tokio::test]
async fn a_slot_that_breaks_off_after_the_last_stage_costs_nothing_but_itself() {
    let spec = spec(OnFailure::Fail);
    let take = Stage::take(&spec, &[]);
    for end in [
        format!("{take} > /dev/null; cat started completed skipped; exit 1"),
        "cat started completed skipped ended; exec sleep 1000".to_owned(),
    ] {
        let stage = Stage::set();
        let slots = stage.slots(&end).await;
        let (told, ended) = run(&slots, &spec).await;
        assert!(ended.is_ok(), "{end}: {ended:?}");
        assert_eq!(told.len(), 3, "{end}");
        assert!(slots.idle.lock().unwrap().is_empty(), "{end}: the slot is not used again");
    }
}

/// A photo of which only the first half can be read.
struct Half;

impl OriginalSource for Half {
    fn open(&self) -> BoxFuture<'_, Result<OpenOriginal<'_>, PortError>> {
        let half = Bytes::from_static(&PHOTO[..PHOTO.len() / 2]);
        let chunks = stream::iter([Ok(half), Err(PortError::new(ErrorKind::Corrupt, "torn"))]).boxed();
        future::ready(Ok(OpenOriginal { size_bytes: PHOTO.len() as u64, chunks })).boxed()
    }
}

#[tokio::test]
async fn a_photo_that_can_not_be_read_is_no_stages_failure_and_its_slot_is_gone() {
    let (stage, spec) = (Stage::set(), spec(OnFailure::Skip));
    let take = Stage::take(&spec, &[]);
    let script = format!("echo $$ > pid; cat ready; {take} > order; cat started; exec sleep 1000");
    let slots = stage.start(&script).await.unwrap();
    let mut told = Vec::new();
    let ended = tokio::time::timeout(LIMIT, slots.run(&spec, &Half, &mut |update| told.push(update))).await.unwrap();
    let Err(StagesError::Unread(error)) = ended else { panic!("{ended:?}") };
    assert_eq!((error.kind(), told), (ErrorKind::Corrupt, Vec::new()));
    assert!(!is_running(stage.read("pid").trim()));
    assert!(slots.idle.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_run_that_is_given_up_leaves_no_process() {
    let stage = Stage::set();
    let slots = stage.slots("echo $$ > pid; cat started; exec sleep 1000").await;
    let (spec, begun) = (spec(OnFailure::Fail), Notify::new());
    let mut tell = |_| begun.notify_one();
    tokio::select! {
        _ = slots.run(&spec, &PHOTO, &mut tell) => panic!("it does not end by itself"),
        () = begun.notified() => {}
    }
    let pid = stage.read("pid").trim().to_owned();
    until(|| (!is_running(&pid)).then_some(())).await;
    drop(slots);
}

#[tokio::test]
async fn what_does_not_become_ready_is_refused_with_what_it_said() {
    let stage = Stage::set();
    for (script, said) in [
        ("echo 'no such disk' >&2; exit 3", "exit status: 3, it said \"no such disk\""),
        ("cat ended; exec sleep 1000", "it said Ended"),
        ("kill -ABRT $$", "signal: 6 (SIGABRT)"),
    ] {
        let refusal = stage.start(script).await.unwrap_err().to_string();
        assert!(refusal.contains(said), "{refusal}");
    }
    let memory = SlotMemory::of(Some(SlotMemory::LEAST_MIB), 1).unwrap();
    let missing = Slots::start(SlotCommand::new("/no/such/program", [""; 0]), memory, Vec::new()).await;
    assert!(matches!(missing, Err(SlotStartError::Spawn(_))), "{missing:?}");
}

#[tokio::test]
async fn every_slot_gets_the_images_also_one_that_takes_anothers_place() {
    let (stage, spec) = (Stage::set(), spec(OnFailure::Fail));
    let image = ConfigMapKeyRef::new("logo", "mark.png").unwrap();
    let marks = vec![MarkFile { image, bytes: PHOTO.to_vec() }];
    let setup = Setup {
        command: SlotCommand::new("", [""; 0]),
        memory: SlotMemory::of(Some(SlotMemory::LEAST_MIB), 1).unwrap(),
        marks: marks.clone(),
    };
    let expected = setup.orders().unwrap();
    // Not ready before all of it is read, more of it than a pipe holds; and there until its photo comes.
    let read = format!("mkdir -p orders; head -c {} > orders/$$", expected.len());
    let script = format!("{read}; cat ready; head -c 1 > nothing; cat started; exit 1");
    let slots = stage.start_with(marks, &script).await.unwrap();
    for _ in 0..2 {
        run(&slots, &spec).await.1.unwrap_err();
    }
    let orders: Vec<_> = std::fs::read_dir(stage.path().join("orders")).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(orders.len(), 2);
    assert!(orders.iter().all(|order| std::fs::read(order).unwrap() == expected));
    let text = String::from_utf8_lossy(&expected);
    assert!(text.contains(r#""marks":1"#) && text.contains(r#"{"name":"logo","key":"mark.png"}"#));
}

#[tokio::test]
async fn a_slot_learns_nothing_of_its_parents_environment() {
    let stage = Stage::set();
    let slots = stage.slots("cat /proc/$$/environ > environment; touch looked; cat > /dev/null").await;
    until(|| stage.path().join("looked").exists().then_some(())).await;
    let environment = stage.read("environment");
    // Its C library has put an end to each setting.
    let settings = environment.strip_prefix("GLIBC_TUNABLES=").unwrap_or(&environment);
    let is_heap = |text: &str| text.is_empty() || text.starts_with("glibc.malloc.");
    assert!(settings.split(['\0', ':']).all(is_heap), "only how its own heap is made: {environment}");
    assert!(std::env::vars_os().next().is_some(), "there is something to hide");
    drop(slots);
}

#[test]
fn the_order_that_is_sent_is_the_order_that_is_read() {
    let spec = spec(OnFailure::Skip);
    let ended = vec![EndedStage { stage: "check".parse().unwrap(), status: StageStatus::Failed }];
    let sent = serde_json::to_vec(&RunOrder::Run { spec: &spec, ended: &ended }).unwrap();
    let Order::Run { spec: read, ended: read_ended } = serde_json::from_slice(&sent).unwrap() else {
        panic!("a run is no confinement");
    };
    assert_eq!((read, read_ended), (spec, ended));
}

fn is_running(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// What `find` finds, asked again until it finds something.
async fn until<T>(mut find: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {LIMIT:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
