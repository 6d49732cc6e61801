//! The operator is killed before and after each of its requests that changes something. Whatever was half done, the next
//! one ends with what one that was never killed ends with.

use std::sync::Arc;

use futures::{StreamExt, stream};
use photo_e2e::fault_proxy::{Fault, Purpose};
use photo_stack::figures::{Figure, Goal};

use crate::stage::{Recording, Stage, Step};

/// Lives at the same time: more would only wait for the machine.
const AT_A_TIME: usize = 4;

/// Where the operator is killed: at which request that changes something, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crash {
    /// Before the API server has it.
    Before(usize),
    /// Before the operator has the answer.
    After(usize),
}

/// The operator dies at that request, and nothing else goes wrong.
fn crash_at(stage: &Stage, crash: Crash) {
    let operator = Arc::clone(&stage.operator);
    stage.proxy.plan(move |purpose| {
        let Purpose::Write(number) = purpose else { return None };
        let dying = Arc::clone(&operator);
        let kill = Box::new(move || dying.kill());
        match crash {
            Crash::Before(at) if at == number => Some(Fault::Lost(kill)),
            Crash::After(at) if at == number => Some(Fault::AnswerLost(kill)),
            Crash::Before(_) | Crash::After(_) => None,
        }
    });
}

/// Lives the recorded life with a crash. Whether it came: a life may have a request less than another.
#[expect(clippy::print_stdout, reason = "the first failure is looked for while the others run")]
async fn live(recording: &Recording, crash: Crash) -> Result<bool, String> {
    let stage = Stage::new().await;
    crash_at(&stage, crash);
    stage.operator.launch().unwrap();
    for (step, state) in &recording.states {
        stage.begin(*step).await;
        let like = stage.until_like(*step, state).await;
        if let Err(text) = like {
            let text = format!("{crash:?} in {step:?}, requests {:#?}:\n{text}", stage.proxy.writes());
            // The others may take long, and one is enough to look for what is wrong.
            println!("{text}");
            return Err(text);
        }
    }
    Ok(stage.proxy.faults() > 0)
}

/// Every crash of a life of these steps.
#[expect(clippy::print_stdout, reason = "figures are read from the test's output")]
async fn sweep(name: &'static str, steps: &[Step]) {
    let recording = Recording::of(steps).await;
    let count = recording.writes.len();
    let crashes = (1..=count).flat_map(|at| [Crash::Before(at), Crash::After(at)]);
    let lived: Vec<_> =
        stream::iter(crashes).map(|crash| live(&recording, crash)).buffer_unordered(AT_A_TIME).collect().await;
    let failures: Vec<&String> = lived.iter().filter_map(|lived| lived.as_ref().err()).collect();
    assert!(failures.is_empty(), "{} crashes are not recovered from:\n{}", failures.len(), failures[0]);
    let points = u32::try_from(lived.iter().filter(|lived| **lived == Ok(true)).count()).unwrap();
    let figure = Figure { name, value: points.into(), unit: "points", goal: Goal::AtLeast(40.0) };
    println!("{figure}");
    assert!(figure.is_reached(), "{figure}, of {:?}", recording.writes);
}

#[tokio::test]
async fn an_operator_may_die_at_any_request_while_it_makes_a_platform() {
    sweep("crash_points_create", &[Step::Create]).await;
}

#[tokio::test]
#[ignore = "it takes minutes: `make e2e` runs it"]
async fn an_operator_may_die_at_any_request_of_a_whole_life() {
    sweep("crash_points", &[Step::Create, Step::Update, Step::Scale, Step::Delete]).await;
}
