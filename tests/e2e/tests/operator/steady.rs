//! Where everything is as it should be, nobody is asked and nothing is written.

use photo_e2e::{
    audit::AuditLog,
    patience::{LIMIT, until},
};
use photo_stack::{
    figures::{Figure, Goal},
    role::Role,
};
use serde_json::json;

use crate::{
    operation::reconciles,
    scene::{Scene, is_scaling_told, small_scene},
};

/// Reconciles of each kind that are brought about.
const TURNS: u64 = 55;

/// A platform and a pipeline that are as they should be.
async fn made() -> (Scene, Role) {
    let (scene, operator) = Scene::with_operator().await;
    scene.apply(&small_scene()).await;
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
    scene
        .until_object("pplat/photos", "it counts its pipeline", |found| found["status"]["pipelines"]["ready"] == 1)
        .await;
    for object in ["pplat/photos", "pipe/thumbs"] {
        scene.until_object(object, "its scaling is told", is_scaling_told).await;
    }
    (scene, operator)
}

/// Brings about a reconcile that finds nothing to do: a child changes in a field that is not ours.
async fn turn(scene: &Scene, operator: &Role, (child, kind): (&str, &str), number: u64) {
    let before = reconciles(operator, kind).await;
    scene.patch(child, &json!({"metadata": {"annotations": {"turn": number.to_string()}}})).await;
    let ask = async || (reconciles(operator, kind).await > before).then_some(());
    until(&format!("the {kind} is looked at"), ask).await;
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "figures are read from the test's output")]
async fn a_steady_platform_costs_the_api_server_nothing() {
    const CHILDREN: [(&str, &str); 2] =
        [("service/photos-gateway", "PhotoPlatform"), ("configmap/thumbs-worker", "ProcessingPipeline")];
    let (scene, operator) = made().await;
    let told = async || (!scene.data_plane.catalogue("photos-metadata").is_empty()).then_some(());
    until("the catalogue is told", told).await;
    // What the last changes brought about has been done when both were looked at again.
    for child in CHILDREN {
        turn(&scene, &operator, child, 0).await;
    }
    let log = AuditLog::from_now(&scene.server.audit_log).unwrap();
    let total =
        async || reconciles(&operator, "PhotoPlatform").await + reconciles(&operator, "ProcessingPipeline").await;
    let before = total().await;
    for number in 1..=TURNS {
        for child in CHILDREN {
            turn(&scene, &operator, child, number).await;
        }
    }
    // Two looks that nothing brought about: a platform's roles are asked now and then.
    let resynced = reconciles(&operator, "PhotoPlatform").await + 2;
    until("two resyncs", async || (reconciles(&operator, "PhotoPlatform").await >= resynced).then_some(())).await;
    let looked = total().await - before;

    let requests = log.requests_of(&[scene.user("first")]).unwrap();
    let (leases, others): (Vec<_>, Vec<_>) = requests.iter().partition(|request| request.resource == "leases");
    let others: Vec<String> = others.into_iter().map(ToString::to_string).collect();
    assert_eq!(others, Vec::<String>::new());
    assert!(!leases.is_empty(), "the log tells of the operator");
    for (name, value, goal) in [
        ("steady_requests", others.len(), Goal::Exactly(0.0)),
        ("steady_reconciles", usize::try_from(looked).unwrap(), Goal::AtLeast(100.0)),
    ] {
        let value = f64::from(u32::try_from(value).unwrap());
        let figure = Figure { name, value, unit: name.split('_').next_back().unwrap(), goal };
        println!("{figure}");
        assert!(figure.is_reached(), "{figure}");
    }
}

#[tokio::test]
async fn a_new_operator_that_finds_everything_as_it_should_be_writes_nothing() {
    let (scene, operator) = made().await;
    operator.terminate(LIMIT).await.unwrap();
    let log = AuditLog::from_now(&scene.server.audit_log).unwrap();
    let next = scene.operator("second", None);
    next.start().await.unwrap();
    for kind in ["PhotoPlatform", "ProcessingPipeline"] {
        until(&format!("every {kind} is looked at"), async || (reconciles(&next, kind).await >= 1).then_some(())).await;
    }
    // A platform is looked at now and then without a cause: what the first look brought about is done by the second.
    until("platforms are looked at again", async || (reconciles(&next, "PhotoPlatform").await >= 3).then_some(()))
        .await;
    let requests = log.requests_of(&[scene.user("second")]).unwrap();
    let writes = requests.iter().filter(|request| request.writes() && request.resource != "leases");
    assert_eq!(writes.map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    scene.until_ready(&["pplat/photos", "pipe/thumbs"]).await;
}
