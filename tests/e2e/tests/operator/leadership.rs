//! Two replicas: one acts, and the other one takes over.

use photo_e2e::{
    audit::{AuditLog, Request},
    patience::{LIMIT, until},
};
use photo_stack::role::Role;
use serde_json::json;

use crate::scene::{Scene, small_scene};

async fn leads(replica: &Role) -> Option<()> {
    let leading = replica.metric("photo_operator_leading").await.ok()?;
    (leading == 1).then_some(())
}

/// Two replicas, of which the first one leads and has made a platform.
async fn two_replicas() -> (Scene, Role, Role) {
    let (scene, first) = Scene::with_operator().await;
    until("the first replica leads", async || leads(&first).await).await;
    let second = scene.operator("second", None);
    second.start().await.unwrap();
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    assert_eq!(second.metric("photo_operator_leading").await.unwrap(), 0);
    (scene, first, second)
}

/// Has the leader change something.
async fn scaled(scene: &Scene, replicas: i32) {
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"replicas": replicas}}})).await;
    let is_scaled = |found: &serde_json::Value| found["spec"]["replicas"] == replicas;
    scene.until_object("deployment/photos-gateway", "it is scaled", is_scaled).await;
}

/// What both replicas wrote, the Lease apart. What was under way when a process was stopped is answered late, and changed
/// nothing.
fn writes(scene: &Scene, log: &AuditLog) -> Vec<Request> {
    let mut requests = log.requests_of(&[scene.user("first"), scene.user("second")]).unwrap();
    requests.retain(|request| request.writes() && request.resource != "leases" && request.code < 300);
    requests
}

/// Nobody wrote after another had begun to.
fn require_one_after_the_other(scene: &Scene, log: &AuditLog) {
    let writes = writes(scene, log);
    let (first, second) = (scene.user("first"), scene.user("second"));
    let handed_over = writes.iter().position(|request| request.user == second).expect("the second one wrote");
    let late: Vec<String> =
        writes.iter().skip(handed_over).filter(|request| request.user == first).map(ToString::to_string).collect();
    assert_eq!(late, Vec::<String>::new());
}

#[tokio::test]
async fn the_second_replica_acts_when_the_first_one_stops() {
    let (scene, first, second) = two_replicas().await;
    let log = AuditLog::from_now(&scene.server.audit_log).unwrap();
    scaled(&scene, 3).await;
    assert!(writes(&scene, &log).iter().all(|request| request.user == scene.user("first")), "one acts");
    assert!(first.terminate(LIMIT).await.unwrap().success());
    let lease = scene.run(&["get", "lease", "photo-operator", "-o", "jsonpath={.spec.holderIdentity}"]).await;
    assert_ne!(lease, "first", "it was given back");
    until("the second replica leads", async || leads(&second).await).await;
    scaled(&scene, 4).await;
    require_one_after_the_other(&scene, &log);
}

#[tokio::test]
async fn the_second_replica_acts_when_the_first_one_is_killed() {
    let (scene, first, second) = two_replicas().await;
    first.kill();
    // What it wrote in its last moment is its own.
    let log = AuditLog::from_now(&scene.server.audit_log).unwrap();
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"replicas": 3}}})).await;
    until("the second replica leads", async || leads(&second).await).await;
    let is_scaled = |found: &serde_json::Value| found["spec"]["replicas"] == 3;
    scene.until_object("deployment/photos-gateway", "it is scaled", is_scaled).await;
    require_one_after_the_other(&scene, &log);
    assert!(writes(&scene, &log).iter().all(|request| request.user == scene.user("second")));
}

/// A machine that had no time for the first replica gives it some when another one acts already.
#[tokio::test]
async fn a_replica_that_stood_still_writes_nothing_when_it_goes_on() {
    let (scene, first, second) = two_replicas().await;
    let log = AuditLog::from_now(&scene.server.audit_log).unwrap();
    let process = first.process().unwrap();
    process.pause().await.unwrap();
    // There is something to do for it when it goes on.
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"replicas": 3}}})).await;
    until("the second replica leads", async || leads(&second).await).await;
    let is_scaled = |found: &serde_json::Value| found["spec"]["replicas"] == 3;
    scene.until_object("deployment/photos-gateway", "it is scaled", is_scaled).await;
    process.resume().unwrap();
    scene.patch("pplat/photos", &json!({"spec": {"gateway": {"replicas": 4}}})).await;
    until("it knows that it leads no more", async || (!process.is_running()).then_some(())).await;
    assert!(!process.exit_status().unwrap().unwrap().success());
    let is_scaled = |found: &serde_json::Value| found["spec"]["replicas"] == 4;
    scene.until_object("deployment/photos-gateway", "it is scaled", is_scaled).await;
    require_one_after_the_other(&scene, &log);
}
