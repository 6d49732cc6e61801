//! A burst of photos on a platform whose workers follow their queue: from none to as many as are needed, and back to none.

mod replay;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    time::Duration,
};

use photo_adapters::{
    http::HttpMetadata,
    service_token::{CallerRole, ServiceTokenSigner},
};
use photo_core::{
    clock::Clock, id::PhotoId, job::QueueNumbers, photo::PhotoStatus, port::MetadataStore, processing_log::LoggedRun,
};
use photo_e2e::{forward::Forward, patience::until};
use photo_runtime::secret::Secret;
use photo_stack::{
    figures::{Figure, Goal},
    photos::Photos,
};
use serde_json::json;
use tokio::time::Instant;

use crate::scene::{Place, sample};

/// Photos at once: more than all workers can have at the same time.
const BURST: usize = 6;
/// Most workers.
const MOST: u64 = 3;
/// What a job takes at least. Workers have a twenty-fifth of a processor each.
const JOB_SECONDS: f64 = 20.0;

/// The quickstart with a pipeline whose workers follow their queue from its beginning on: it remembers nothing of a time when
/// what was decided was only recommended.
fn quickstart() -> String {
    let autoscaling = json!({"minReplicas": 0, "maxReplicas": MOST, "scaleDownCooldownSeconds": 5,
        "queue": {"pollPeriodSeconds": 2, "staleAfterSeconds": 10, "scaleToZeroAfterSeconds": 5,
            "startupSeconds": 2, "expectedJobMillis": 20_000}});
    let worker = json!({"concurrency": 1,
        "resources": {"requests": {"cpu": "40m", "memory": "128Mi"}, "limits": {"cpu": "40m", "memory": "1Gi"}}});
    let pipeline = format!("spec:\n  autoscaling: {autoscaling}\n  worker: {worker}\n  platformRef:\n");
    let quickstart = sample("quickstart.yaml").replacen("spec:\n  platformRef:\n", &pipeline, 1);
    assert!(quickstart.contains(&pipeline), "the spec of the quickstart's pipeline does not begin with its platform");
    quickstart
}

/// A photo that takes a second of a processor or more: large, and nowhere the same.
fn large_photo() -> Vec<u8> {
    let mut noise = 1_u32;
    let picture = image::RgbImage::from_fn(9000, 6000, |x, y| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = noise.to_be_bytes()[0] / 8;
        image::Rgb([x, y, x + y].map(|place| place.to_be_bytes()[3].wrapping_add(grain)))
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// The storage role, as a role of the platform sees it.
async fn storage(place: &Place, role: CallerRole) -> (Forward, HttpMetadata) {
    let template = "go-template={{.data.key | base64decode}}";
    let key = place.kubectl(&["get", "secret", "quickstart-service", "-o", template]).await;
    let forward = Forward::to(&place.kubectl, &place.namespace, "service/quickstart-metadata", 3001).await.unwrap();
    let signer = ServiceTokenSigner::new(role, Secret::from_value("SERVICE_TOKEN_KEY", key), Clock::System);
    let storage = HttpMetadata::new(forward.url().parse().unwrap(), signer).unwrap();
    (forward, storage)
}

/// The workers that are there, and those that were told to end.
async fn workers(place: &Place) -> (BTreeSet<String>, BTreeSet<String>) {
    let query = ["get", "pods", "--selector", "app.kubernetes.io/component=worker", "-o", "json"];
    let pods: serde_json::Value = serde_json::from_str(&place.kubectl(&query).await).unwrap();
    let names = |is_ending: bool| {
        let pods = pods["items"].as_array().unwrap().iter().map(|pod| &pod["metadata"]);
        let chosen = pods.filter(|pod| pod["deletionTimestamp"].is_string() == is_ending);
        chosen.map(|pod| pod["name"].as_str().unwrap().to_owned()).collect()
    };
    (names(false), names(true))
}

async fn numbers(storage: &HttpMetadata) -> QueueNumbers {
    until("the queue is told", async || {
        let report = storage.queues().await.ok()?;
        report.queues.into_iter().find(|row| row.pipeline.as_str() == "full-processing").map(|row| row.numbers)
    })
    .await
}

async fn until_replicas(place: &Place, what: &str, are: impl Fn(u64) -> bool) -> u64 {
    until(what, async || {
        let found = place.object("deployment/full-processing-worker").await;
        found["spec"]["replicas"].as_u64().filter(|replicas| are(*replicas))
    })
    .await
}

/// Watches until nobody works any more; what each worker had that was told to end: (before, after).
async fn evicted(place: &Place, storage: &HttpMetadata) -> BTreeMap<String, [u64; 2]> {
    let seen = Mutex::new((BTreeMap::new(), numbers(storage).await.busy_workers));
    until("nobody works any more", async || {
        let (there, ending) = workers(place).await;
        let after = numbers(storage).await.busy_workers;
        let (evicted, before) = &mut *seen.lock().unwrap();
        for name in ending {
            let jobs = |busy: &BTreeMap<String, u64>| busy.get(&name).copied().unwrap_or_default();
            let jobs = [jobs(before), jobs(&after)];
            evicted.entry(name).or_insert(jobs);
        }
        *before = after;
        there.is_empty().then_some(())
    })
    .await;
    seen.into_inner().unwrap().0
}

#[tokio::test]
#[ignore = "needs a cluster with nodes: `make e2e`"]
async fn a_burst_brings_workers_and_only_idle_ones_go() {
    let place = Place::new("burst").await;
    place.apply(&quickstart()).await;
    place.ready().await;
    until_replicas(&place, "there is no worker", |replicas| replicas == 0).await;
    until("no worker is left", async || workers(&place).await.0.is_empty().then_some(())).await;

    let (gateway, token) = place.gateway().await;
    let photos = Photos::new(&gateway.url(), &token).unwrap();
    let bytes = large_photo();
    let (_forward, asked_as_operator) = storage(&place, CallerRole::Operator).await;
    let began = Instant::now();
    let mut sent = Vec::new();
    for number in 0..BURST {
        sent.push(photos.upload(&format!("{number}.jpg"), bytes.clone()).await.unwrap().id);
    }
    let first = until_replicas(&place, "there are workers", |replicas| replicas > 0).await;
    until("a worker has begun", async || (numbers(&asked_as_operator).await.active > 0).then_some(())).await;
    tell("from_zero_s", began.elapsed());
    assert!(first > 1, "{first} workers for {BURST} photos that take {JOB_SECONDS} s each");
    let evicted = evicted(&place, &asked_as_operator).await;
    assert!(!evicted.is_empty());
    let busy: Vec<_> = evicted.iter().filter(|(_, jobs)| jobs.iter().all(|jobs| *jobs > 0)).collect();
    assert!(busy.is_empty(), "workers were told to end while they had jobs: {busy:?}");
    check_runs(&place, &sent).await;
    for id in sent {
        assert_eq!(photos.photo(id).await.unwrap().status, PhotoStatus::Completed);
    }
    replay::decides_the_same_again(&place, "full-processing").await;
    place.gone().await;
}

/// Each photo was delivered once and run once, and took as long as it was to take.
async fn check_runs(place: &Place, sent: &[PhotoId]) {
    let (_forward, storage) = storage(place, CallerRole::Api).await;
    let owner = "alice".parse().unwrap();
    for id in sent {
        let log = storage.processing_log(&owner, *id).await.unwrap();
        let [LoggedRun { delivery: 1, begun_at, ended_at: Some(ended_at), .. }] = log.runs.as_slice() else {
            panic!("{id} was not run once: {log:?}");
        };
        let took = ended_at.duration_since(*begun_at).as_secs_f64();
        assert!(took >= JOB_SECONDS, "{id} took {took} s: the test needs jobs that take longer than a decision");
    }
}

#[expect(clippy::print_stdout, reason = "figures are read from the test's output")]
fn tell(name: &'static str, took: Duration) {
    println!("{}", Figure { name, value: took.as_secs_f64(), unit: "s", goal: Goal::AtMost(30.0) });
}
