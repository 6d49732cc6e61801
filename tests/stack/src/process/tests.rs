use std::env;

use super::*;

const LIMIT: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn is_alive(pid: &str) -> bool {
    // A zombie has a status file too.
    fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| !status.contains("State:\tZ"))
}

async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < until, "not within {LIMIT:?}: {what}");
        sleep(POLL).await;
    }
}

#[tokio::test]
async fn a_child_outlives_the_thread_that_asked_for_it_and_ends_when_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let process = thread::spawn({
        let log = log.clone();
        move || Process::start("sleeper", &shell("echo up; exec sleep 600"), &log).unwrap()
    })
    .join()
    .unwrap();
    // The thread is gone; had it been the parent, so were the child before it could say this.
    process.wait_until(LIMIT, || async { process.log_tail(1) == "up" }).await.unwrap();
    assert!(process.is_running());
    assert!(process.rss_bytes().unwrap() > 0 && process.peak_rss_bytes().unwrap() >= process.rss_bytes().unwrap());
    let pid = process.pid().to_string();
    drop(process);
    assert!(!is_alive(&pid));
}

#[tokio::test]
async fn sigterm_lets_a_process_clean_up_and_a_deaf_one_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let willing = shell("trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done");
    let willing = Process::start("willing", &willing, &log).unwrap();
    willing.wait_until(LIMIT, || async { willing.log_tail(1) == "up" }).await.unwrap();
    assert_eq!(willing.terminate(LIMIT).await.unwrap().code(), Some(7));
    assert_eq!(willing.log_tail(1), "bye");

    let log = folder.path().join("deaf");
    let deaf = shell("trap '' TERM; echo up; while :; do sleep 0.05; done");
    let deaf = Process::start("deaf", &deaf, &log).unwrap();
    deaf.wait_until(LIMIT, || async { deaf.log_tail(1) == "up" }).await.unwrap();
    let error = deaf.terminate(Duration::from_millis(200)).await.unwrap_err();
    assert!(error.to_string().contains("killed"), "{error}");
    assert!(!deaf.is_running());
}

#[tokio::test]
async fn a_paused_process_does_nothing_until_it_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let counter = shell("n=0; while :; do n=$((n+1)); echo $n; sleep 0.01; done");
    let counter = Process::start("counter", &counter, &folder.path().join("log")).unwrap();
    counter.wait_until(LIMIT, || async { !counter.log_tail(1).is_empty() }).await.unwrap();
    counter.pause().await.unwrap();
    let count = counter.log_tail(1);
    sleep(POLL * 5).await;
    assert_eq!(counter.log_tail(1), count);
    counter.resume().unwrap();
    eventually("it counts on", || counter.log_tail(1) != count).await;
    counter.pause().await.unwrap();
    counter.kill();
    assert!(!counter.is_running(), "a paused process can be killed");
    assert!(counter.resume().is_err());
}

#[tokio::test]
async fn a_failed_start_shows_the_end_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let process = Process::start("broken", &shell("echo out of cheese; exit 3"), &log).unwrap();
    let error = process.wait_until(LIMIT, || async { false }).await.unwrap_err();
    assert!(error.to_string().contains("out of cheese"), "{error}");
    assert!(process.peak_rss_bytes().is_err(), "an ended process has no memory");
}

#[tokio::test]
async fn children_die_with_a_parent_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Command::new(env::current_exe().unwrap());
    parent.args(["--ignored", "--exact", "process::tests::starts_a_sleeper_and_waits"]);
    parent.env("SLEEPER_FOLDER", folder.path());
    let parent = Process::start("parent", &parent, &folder.path().join("parent")).unwrap();
    let pid = || fs::read_to_string(folder.path().join("pid")).unwrap_or_default().trim().to_owned();
    parent.wait_until(LIMIT, || async { is_alive(&pid()) }).await.unwrap();
    parent.kill();
    eventually("the grandchild is gone", || !is_alive(&pid())).await;
}

#[test]
#[ignore = "the parent in `children_die_with_a_parent_that_is_killed`, which starts it"]
fn starts_a_sleeper_and_waits() {
    let folder = PathBuf::from(env::var_os("SLEEPER_FOLDER").unwrap());
    let mut sleeper = shell("echo $$ > pid.new; mv pid.new pid; exec sleep 600");
    sleeper.current_dir(&folder);
    let _sleeper = Process::start("sleeper", &sleeper, &folder.join("log")).unwrap();
    thread::park();
}
