//! Networks and API servers on bad days: whatever goes wrong on the way, the operator ends with the same objects.

use std::time::Duration;

use photo_e2e::{
    fault_proxy::{Fault, Purpose},
    patience::until,
};
use serde_json::json;

use crate::stage::{Stage, Step, created};

/// Makes a platform while the plan's faults happen, and requires that it becomes what it becomes without them.
async fn made_with(plan: impl Fn(Purpose) -> Option<Fault> + Send + Sync + 'static) -> Stage {
    let stage = Stage::new().await;
    stage.proxy.plan(plan);
    stage.operator.launch().unwrap();
    stage.begin(Step::Create).await;
    if let Err(differences) = stage.until_like(Step::Create, created().await).await {
        panic!("it ends differently:\n{differences}\nrequests: {:#?}", stage.proxy.writes());
    }
    assert!(stage.proxy.faults() > 0, "nothing went wrong");
    stage
}

/// Some of the requests that change something, early and late ones.
fn some_writes(purpose: Purpose, fault: impl FnOnce() -> Fault) -> Option<Fault> {
    matches!(purpose, Purpose::Write(2 | 6 | 13 | 22 | 30)).then(fault)
}

fn refused(status: u16, retry_after_seconds: Option<u32>) -> Fault {
    Fault::Refused { status, retry_after_seconds }
}

#[tokio::test]
async fn a_conflict_is_tried_again() {
    made_with(|purpose| some_writes(purpose, || refused(409, None))).await;
}

#[tokio::test]
async fn what_is_refused_once_as_invalid_is_tried_again() {
    made_with(|purpose| some_writes(purpose, || refused(422, None))).await;
}

#[tokio::test]
async fn an_api_server_that_wants_to_be_left_alone_is_asked_later() {
    made_with(|purpose| some_writes(purpose, || refused(429, Some(1)))).await;
}

#[tokio::test]
async fn an_error_of_the_api_server_is_outlived() {
    made_with(|purpose| some_writes(purpose, || refused(500, None))).await;
}

#[tokio::test]
async fn a_lost_request_is_made_again() {
    made_with(|purpose| some_writes(purpose, || Fault::Lost(Box::new(|| {})))).await;
}

#[tokio::test]
async fn a_lost_answer_does_no_harm() {
    made_with(|purpose| some_writes(purpose, || Fault::AnswerLost(Box::new(|| {})))).await;
}

#[tokio::test]
async fn a_slow_api_server_is_waited_for() {
    let late = || Some(Fault::Late(Duration::from_millis(100)));
    made_with(move |purpose| match purpose {
        Purpose::Read(_) | Purpose::Write(_) | Purpose::Watch(_) => late(),
        Purpose::Lease => None,
    })
    .await;
}

/// An operator that starts on a bad day comes up all the same.
#[tokio::test]
async fn reads_that_fail_at_the_start_are_made_again() {
    made_with(|purpose| match purpose {
        Purpose::Read(number) if number % 3 == 2 && number < 24 => Some(refused(500, None)),
        Purpose::Read(_) | Purpose::Write(_) | Purpose::Watch(_) | Purpose::Lease => None,
    })
    .await;
}

#[tokio::test]
async fn a_watch_whose_past_is_forgotten_begins_anew() {
    let stage = made_with(|purpose| match purpose {
        Purpose::Watch(number) if number % 2 == 1 && number < 40 => Some(Fault::Expired),
        Purpose::Read(_) | Purpose::Write(_) | Purpose::Watch(_) | Purpose::Lease => None,
    })
    .await;
    changes_are_seen(&stage).await;
}

#[tokio::test]
async fn a_watch_that_breaks_off_begins_anew() {
    let stage = Stage::new().await;
    stage.operator.launch().unwrap();
    let breaking = async {
        for writes in [1, 8, 16, 24] {
            let ask = async || (stage.proxy.writes().len() >= writes).then_some(());
            until(&format!("{writes} requests"), ask).await;
            stage.proxy.cut_watches();
        }
    };
    let making = async {
        stage.begin(Step::Create).await;
        stage.until_like(Step::Create, created().await).await
    };
    let ((), made) = tokio::join!(breaking, making);
    assert_eq!(made, Ok(()));
    stage.proxy.cut_watches();
    changes_are_seen(&stage).await;
}

/// Nobody tells of what went in between, so everything is looked at again.
#[tokio::test]
async fn what_went_while_nobody_watched_comes_back() {
    let stage = made_with(|purpose| (purpose == Purpose::Watch(1)).then(|| refused(500, None))).await;
    stage.proxy.plan(|purpose| matches!(purpose, Purpose::Watch(_)).then(|| refused(500, None)));
    stage.proxy.cut_watches();
    for child in ["deployment/thumbs-worker", "poddisruptionbudget/thumbs-worker", "service/photos-gateway"] {
        stage.scene.run(&["delete", child]).await;
    }
    // Every watch has missed it: each begins with a new list.
    stage.proxy.plan(|purpose| matches!(purpose, Purpose::Watch(number) if number <= 20).then_some(Fault::Expired));
    for child in ["deployment/thumbs-worker", "poddisruptionbudget/thumbs-worker", "service/photos-gateway"] {
        stage.scene.until_object(child, "it is made again", |_| true).await;
    }
}

/// Every kind is watched: a change of each is repaired.
async fn changes_are_seen(stage: &Stage) {
    let scene = &stage.scene;
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"replicas": 3}}})).await;
    scene.patch("pipe/thumbs", &json!({"spec": {"replicas": 2}})).await;
    let gateway = "deployment/photos-gateway";
    scene.until_object(gateway, "the platform's change is seen", |found| found["spec"]["replicas"] == 3).await;
    let worker = "deployment/thumbs-worker";
    scene.until_object(worker, "the pipeline's change is seen", |found| found["spec"]["replicas"] == 2).await;
    for child in ["serviceaccount/thumbs-worker", "service/photos-events", "statefulset/photos-metadata"] {
        let old = scene.existing(child).await;
        scene.run(&["delete", child]).await;
        let is_new = |new: &serde_json::Value| new["metadata"]["uid"] != old["metadata"]["uid"];
        scene.until_object(child, "it is made again", is_new).await;
    }
}
