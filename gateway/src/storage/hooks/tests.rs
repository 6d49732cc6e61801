//! Hooks over a real SQLite and a receiver on loopback, by a clock that the test moves.

use std::sync::{Mutex, PoisonError};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use photo_adapters::sqlite::SqliteConfig;
use photo_core::{
    clock::ManualClock, contract::sample, error_class::ErrorClass, pipeline::CatalogueEntry, port::MetadataStore,
    run::Begun,
};
use serde_json::Value;
use tempfile::TempDir;

use super::*;

/// What came, and the answers that are left before everything is taken.
#[derive(Default)]
struct Receiver {
    calls: Mutex<Vec<(String, String, Value)>>,
    refusals: Mutex<u32>,
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: String) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let call = (header("webhook-id"), header("webhook-timestamp"), serde_json::from_str(&body).unwrap());
    receiver.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    let mut refusals = receiver.refusals.lock().unwrap_or_else(PoisonError::into_inner);
    if *refusals == 0 {
        return StatusCode::ACCEPTED;
    }
    *refusals -= 1;
    StatusCode::INTERNAL_SERVER_ERROR
}

struct Scene {
    hooks: Hooks,
    clock: ManualClock,
    receiver: Arc<Receiver>,
    _folder: TempDir,
}

async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::starting_at("2026-11-21T10:00:00Z".parse().unwrap());
    let config = SqliteConfig { path: folder.path().join("photos.db"), readers: 2.try_into().unwrap() };
    let store = SqliteMetadata::open(&config, Clock::Manual(clock.clone())).unwrap();
    let receiver = Arc::new(Receiver::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/dead", listener.local_addr().unwrap()).parse().unwrap();
    let app = Router::new().route("/dead", post(receive)).with_state(Arc::clone(&receiver));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let hook = Arc::new(Hook::new(url, None).unwrap());
    let hooks = Hooks { store, hook, clock: Clock::Manual(clock.clone()), metrics: HookMetrics::default() };
    Scene { hooks, clock, receiver, _folder: folder }
}

impl Scene {
    /// A photo that has just used up its attempts.
    async fn dead(&self) -> String {
        let (store, pipeline) = (&self.hooks.store, sample::pipeline());
        store.put_pipeline(&pipeline, &CatalogueEntry::default()).await.unwrap();
        let photo = sample::new_photo(&sample::owner(), &pipeline);
        store.accept(&photo).await.unwrap();
        for _ in 0..3 {
            let Begun::Run(run) = store.begin(&sample::begin(&photo)).await.unwrap() else { panic!("a run") };
            store.fail(&sample::fail(photo.id, run.id, ErrorClass::Logic)).await.unwrap();
        }
        photo.id.to_string()
    }

    fn calls(&self) -> Vec<(String, String, Value)> {
        self.receiver.calls.lock().unwrap().clone()
    }

    async fn pass(&self) {
        self.hooks.pass().await.unwrap();
    }
}

#[tokio::test]
async fn each_death_is_told_once_it_is_taken_and_repeats_carry_the_same_id() {
    let scene = scene().await;
    scene.hooks.store.note_hooks();
    let photo = scene.dead().await;
    *scene.receiver.refusals.lock().unwrap() = 1;
    scene.pass().await;
    scene.pass().await;
    assert_eq!(scene.calls().len(), 1, "it is put off");
    scene.clock.advance(SignedDuration::from_secs(5));
    scene.pass().await;
    let [(first, first_at, body), (second, second_at, again)] = &scene.calls()[..] else { panic!("two calls") };
    assert_eq!((first, body), (second, again));
    assert_ne!(first_at, second_at, "each says when it was made");
    assert_eq!((&body["type"], &body["data"]["photoId"]), (&"photo.dead".into(), &photo.as_str().into()));
    assert_eq!(
        (&body["data"]["attempts"], &body["data"]["failure"]["code"]),
        (&3.into(), &"attempts_exhausted".into())
    );
    scene.clock.advance(SignedDuration::from_hours(2));
    scene.pass().await;
    assert_eq!(scene.calls().len(), 2, "what was taken is not told again");
    assert_eq!((scene.hooks.metrics.called.get(), scene.hooks.metrics.failures.get()), (1, 1));
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_for_days_is_given_up() {
    let scene = scene().await;
    scene.hooks.store.note_hooks();
    scene.dead().await;
    *scene.receiver.refusals.lock().unwrap() = u32::MAX;
    for _ in 0..80 {
        scene.pass().await;
        scene.clock.advance(SignedDuration::from_hours(1));
    }
    assert_eq!(scene.hooks.metrics.dropped.get(), 1);
    let made = scene.calls().len();
    assert_eq!(made, 74, "at the death, every hour of three days, and once after them");
    *scene.receiver.refusals.lock().unwrap() = 0;
    scene.clock.advance(SignedDuration::from_hours(24));
    scene.pass().await;
    assert_eq!(scene.calls().len(), made);
}

#[tokio::test]
async fn nothing_is_noted_where_nobody_is_to_be_told_and_events_do_not_wait_for_a_receiver() {
    let scene = scene().await;
    scene.dead().await;
    assert_eq!(scene.hooks.store.hooks_due(10, scene.clock_now()).await.unwrap(), []);
    scene.hooks.store.note_hooks();
    let photo = scene.dead().await;
    *scene.receiver.refusals.lock().unwrap() = u32::MAX;
    scene.pass().await;
    // The relay empties the outbox entry by entry while the call is still owed.
    let mut told = 0;
    loop {
        let due = scene.hooks.store.outbox_due(256, scene.clock_now()).await.unwrap();
        if due.is_empty() {
            break;
        }
        told += due.iter().filter(|entry| entry.photo_id.to_string() == photo).count();
        scene.hooks.store.outbox_done(due.into_iter().map(|entry| entry.id).collect()).await.unwrap();
    }
    assert_eq!(told, 8, "uploaded, enqueue, and begin and failure of three runs");
}

impl Scene {
    fn clock_now(&self) -> jiff::Timestamp {
        self.hooks.clock.now()
    }
}
