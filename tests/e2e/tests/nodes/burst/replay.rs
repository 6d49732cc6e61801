//! What the operator saw and decided, told to the simulator of `tests/scaling`: the same program decides the same again.

use std::{fs, path::Path};

use photo_stack::stack::bin_folder;
use serde_json::Value;
use tokio::process::Command;

use crate::scene::{OBSERVATIONS, OPERATOR_NAMESPACE, Place, RELEASE};

/// Shows all policies what the operator saw of a pipeline, from its beginning on, and has ours decide it again.
#[expect(clippy::print_stdout, reason = "whoever reads the test's output sees what was decided, and by what")]
pub(super) async fn decides_the_same_again(place: &Place, pipeline: &str) {
    let recordings = recordings(place, pipeline).await;
    assert!(!recordings.is_empty(), "the operator has logged no decision about {pipeline} at {OBSERVATIONS}");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.jsonl", place.namespace));
    fs::write(&file, recordings.join("\n") + "\n").unwrap();
    let program = bin_folder().unwrap().join("scaling-policy");
    let mut simulator = Command::new("python3");
    simulator.args(["-B", "-m", "simulator", "replay", "--policy", &format!("'{}'", program.display())]).arg(&file);
    simulator.current_dir(concat!(env!("REPOSITORY"), "tests/scaling")).kill_on_drop(true);
    let output = simulator.output().await.expect("python3 can't be started");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What the operator has logged of the pipeline that is there now, in the order of its decisions: one replica after the other
/// may have led.
async fn recordings(place: &Place, pipeline: &str) -> Vec<String> {
    let object = place.object(&format!("processingpipeline/{pipeline}")).await;
    let since = format!("--since-time={}", object["metadata"]["creationTimestamp"].as_str().unwrap());
    let selector = format!("app.kubernetes.io/instance={RELEASE},app.kubernetes.io/component=operator");
    let logs = ["logs", "--namespace", OPERATOR_NAMESPACE, "--selector", &selector, "--tail=-1", &since];
    let logs = place.kubectl.run(&logs, "").await.unwrap().done().unwrap();
    let events = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_pipeline = events.filter(|event| {
        event["target"] == OBSERVATIONS && event["namespace"] == *place.namespace && event["pipeline"] == pipeline
    });
    let mut recordings: Vec<(f64, String)> = of_pipeline.map(|event| timed(&event["recording"])).collect();
    recordings.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    recordings.into_iter().map(|(_, recording)| recording).collect()
}

/// A recording, with when it was made.
fn timed(recording: &Value) -> (f64, String) {
    let text = recording.as_str().expect("a recording is a text");
    let lines: Value = serde_json::from_str(text).unwrap();
    (lines["observation"]["t"].as_f64().expect("an observation has a time"), text.to_owned())
}
