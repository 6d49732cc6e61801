//! The platforms' own processes, as far as the operator sees them: roles that tell their health, and the storage role's
//! catalogue. A test says how well they are, and reads what they were told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http_body_util::BodyExt;
use hyper::{Method, Request, StatusCode, body::Incoming, header::AUTHORIZATION};
use jiff::Timestamp;
use photo_core::{
    clock::Clock,
    job::{QueueNumbers, QueueReport, QueueRow},
    pipeline::{CatalogueEntry, PipelineName, PipelineStanding, PipelineState},
    port::{Reason, metadata_store::PipelineCounts},
};
use photo_runtime::health::{CheckFailed, DependencyState, HealthReport, HealthStatus, Need};
use serde_json::{Value, json};

use crate::loopback::{self, Answer, NoAnswer, Server};

/// The processes of all platforms of one test.
#[derive(Debug)]
pub struct DataPlane {
    server: Server,
    state: State,
}

#[derive(Debug, Clone, Default)]
struct State(Arc<Mutex<Roles>>);

#[derive(Debug, Default)]
struct Roles {
    /// What a role says other than that it is well, by its Service; `None` answers with status 500.
    reports: BTreeMap<String, Option<HealthReport>>,
    /// The catalogue of each storage role, by its Service.
    catalogues: BTreeMap<String, BTreeMap<PipelineName, CatalogueEntry>>,
    /// The tokens that the storage roles were shown.
    tokens: Vec<String>,
    /// What each storage role tells of its queues, by its Service.
    queues: BTreeMap<String, Queues>,
    /// How many clients are connected to each pod of an events role, by its Service; none where nobody said so.
    connections: BTreeMap<String, u64>,
}

/// What a storage role tells of its queues: nothing is to be done, unless a test says otherwise.
#[derive(Debug, Default)]
struct Queues {
    rows: BTreeMap<PipelineName, QueueRow>,
    /// The moment of each reading, where it is always the same.
    frozen_at: Option<Timestamp>,
    /// How often it was asked.
    asked: u64,
}

impl DataPlane {
    /// Processes that are all well.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> anyhow::Result<Self> {
        let state = State::default();
        let shared = state.clone();
        let server = Server::start(move |request| answer(shared.clone(), request)).await?;
        Ok(Self { server, state })
    }

    /// The operator's `PROBE_ADDRESS`.
    pub fn probe_address(&self) -> String {
        format!("{}/{{namespace}}/{{service}}/{{pod}}", self.server.url())
    }

    /// The operator's `STORAGE_ADDRESS`.
    pub fn storage_address(&self) -> String {
        format!("{}/{{namespace}}/{{service}}", self.server.url())
    }

    /// From now on the role behind `service` has lost a dependency, or has all again.
    pub fn loses(&self, service: &str, dependency: &str, reason: Option<Reason>) {
        let mut report = well(service);
        if let Some(reason) = reason {
            let need = report.dependencies.get(dependency).map_or(Need::Required, |state| state.need);
            let lost = CheckFailed { reason, error: format!("{dependency} is away for a test") };
            report.dependencies.insert(dependency.to_owned(), DependencyState::new(need, Err(lost)));
            report.status = match need {
                Need::Required => HealthStatus::Unhealthy,
                Need::Deferred => HealthStatus::Degraded,
            };
        }
        self.state.roles().reports.insert(service.to_owned(), Some(report));
    }

    /// From now on the role behind `service` answers every question with status 500.
    pub fn fails(&self, service: &str) {
        self.state.roles().reports.insert(service.to_owned(), None);
    }

    /// The role behind `service` is well.
    pub fn recovers(&self, service: &str) {
        self.state.roles().reports.remove(service);
    }

    /// The pipelines that the storage role behind `service` knows, with their states.
    pub fn catalogue(&self, service: &str) -> BTreeMap<String, PipelineState> {
        let roles = self.state.roles();
        let entries = roles.catalogues.get(service).into_iter().flatten();
        entries.map(|(name, entry)| (name.to_string(), entry.state)).collect()
    }

    /// The storage role behind `service` forgets every pipeline, as one with a new volume has.
    pub fn forgets(&self, service: &str) {
        self.state.roles().catalogues.remove(service);
    }

    /// From now on the storage role behind `service` tells this of a queue.
    ///
    /// # Panics
    /// `pipeline` is no name.
    pub fn queue(&self, service: &str, pipeline: &str, change: impl FnOnce(&mut QueueRow)) {
        let name: PipelineName = pipeline.parse().expect("a pipeline's name");
        let mut roles = self.state.roles();
        let rows = &mut roles.queues.entry(service.to_owned()).or_default().rows;
        change(rows.entry(name.clone()).or_insert_with(|| empty(name)));
    }

    /// From now on the storage role behind `service` tells the same reading again and again, or new ones.
    pub fn freezes(&self, service: &str, is_frozen: bool) {
        let at = is_frozen.then(|| Clock::System.now());
        self.state.roles().queues.entry(service.to_owned()).or_default().frozen_at = at;
    }

    /// From now on so many clients are connected to each pod behind `service`.
    pub fn connects(&self, service: &str, to_each_pod: u64) {
        self.state.roles().connections.insert(service.to_owned(), to_each_pod);
    }

    /// How often the storage role behind `service` was asked for its queues.
    pub fn times_asked(&self, service: &str) -> u64 {
        self.state.roles().queues.get(service).map_or(0, |queues| queues.asked)
    }

    /// The token that a storage role was shown last.
    pub fn token(&self) -> Option<String> {
        self.state.roles().tokens.last().cloned()
    }
}

impl State {
    fn roles(&self) -> MutexGuard<'_, Roles> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn health(&self, service: &str) -> Answer {
        let report = self.roles().reports.get(service).cloned().unwrap_or_else(|| Some(well(service)));
        let Some(report) = report else {
            return loopback::json(StatusCode::INTERNAL_SERVER_ERROR, &json!("it fails for a test"));
        };
        let is_well = matches!(report.status, HealthStatus::Healthy | HealthStatus::Degraded);
        let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        loopback::json(status, &json!(report))
    }

    fn pipelines(&self, service: &str) -> Answer {
        let roles = self.roles();
        let known = roles.catalogues.get(service).into_iter().flatten().map(|(name, entry)| PipelineCounts {
            pipeline: name.clone(),
            state: match entry.state {
                PipelineState::Running => PipelineStanding::Running,
                PipelineState::Paused => PipelineStanding::Paused,
            },
            queued: 0,
            processing: 0,
            dead: 0,
            completed_total: 0,
            failed_total: 0,
        });
        loopback::json(StatusCode::OK, &json!(known.collect::<Vec<_>>()))
    }

    fn queues(&self, service: &str) -> Answer {
        let mut roles = self.roles();
        if matches!(roles.reports.get(service), Some(None)) {
            return loopback::json(StatusCode::INTERNAL_SERVER_ERROR, &json!("it fails for a test"));
        }
        let known: Vec<PipelineName> =
            roles.catalogues.get(service).into_iter().flat_map(BTreeMap::keys).cloned().collect();
        let queues = roles.queues.entry(service.to_owned()).or_default();
        queues.asked += 1;
        let rows = known.into_iter().map(|name| queues.rows.get(&name).cloned().unwrap_or_else(|| empty(name)));
        let report = QueueReport {
            observed_at: queues.frozen_at.unwrap_or_else(|| Clock::System.now()),
            queues: rows.collect(),
        };
        loopback::json(StatusCode::OK, &json!(report))
    }

    /// The numbers of a pod, as far as somebody asks for them.
    fn metrics(&self, service: &str) -> Answer {
        let roles = self.roles();
        if matches!(roles.reports.get(service), Some(None)) {
            return loopback::json(StatusCode::INTERNAL_SERVER_ERROR, &json!("it fails for a test"));
        }
        let connections = roles.connections.get(service).copied().unwrap_or_default();
        loopback::text(format!(
            "photo_eventbus_connections {connections}\nphoto_database_disk_bytes 1000\n\
             photo_database_disk_available_bytes 900\nphoto_unreferenced_objects 0\n"
        ))
    }

    fn put(&self, service: &str, name: &str, body: &[u8]) -> Answer {
        let (Ok(name), Ok(entry)) = (name.parse(), serde_json::from_slice::<CatalogueEntry>(body)) else {
            return loopback::json(StatusCode::BAD_REQUEST, &json!("not a pipeline"));
        };
        self.roles().catalogues.entry(service.to_owned()).or_default().insert(name, entry);
        loopback::json(StatusCode::OK, &Value::Null)
    }

    fn remove(&self, service: &str, name: &str) -> Answer {
        if let (Some(catalogue), Ok(name)) = (self.roles().catalogues.get_mut(service), name.parse()) {
            catalogue.remove::<PipelineName>(&name);
        }
        loopback::json(StatusCode::OK, &Value::Null)
    }
}

async fn answer(state: State, request: Request<Incoming>) -> Result<Answer, NoAnswer> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| NoAnswer)?.to_bytes();
    let path: Vec<&str> = head.uri.path().split('/').skip(1).collect();
    if path.get(2) == Some(&"internal") {
        let token = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let Some(token) = token else {
            return Ok(loopback::json(StatusCode::UNAUTHORIZED, &json!("there is no token")));
        };
        state.roles().tokens.push(token.to_owned());
    }
    Ok(match (&head.method, path.as_slice()) {
        (&Method::GET, [_, service, _, "health"]) => state.health(service),
        (&Method::GET, [_, service, _, "metrics"]) => state.metrics(service),
        (&Method::GET, [_, service, "internal", "pipelines"]) => state.pipelines(service),
        (&Method::GET, [_, service, "internal", "queues"]) => state.queues(service),
        (&Method::PUT, [_, service, "internal", "pipelines", name]) => state.put(service, name, &body),
        (&Method::DELETE, [_, service, "internal", "pipelines", name]) => state.remove(service, name),
        (_, _) => loopback::json(StatusCode::NOT_FOUND, &json!("there is no such thing")),
    })
}

/// A queue that never had a job.
fn empty(pipeline: PipelineName) -> QueueRow {
    QueueRow {
        pipeline,
        state: PipelineStanding::Running,
        numbers: QueueNumbers::default(),
        enqueued_total: 0,
        completed_total: 0,
        failed_total: 0,
        busy_seconds_total: 0.0,
    }
}

/// What a role says that has all it needs.
fn well(service: &str) -> HealthReport {
    let (role, dependencies): (&str, &[(&str, Need)]) = match service.rsplit('-').next() {
        Some("metadata") => (
            "storage",
            &[
                ("backup", Need::Deferred),
                ("buckets", Need::Deferred),
                ("queue", Need::Deferred),
                ("queueOwner", Need::Deferred),
                ("sqlite", Need::Required),
                ("store", Need::Deferred),
            ],
        ),
        Some("events") => ("events", &[("log", Need::Required), ("storage", Need::Required)]),
        Some(_) | None => ("api", &[("storage", Need::Required), ("store", Need::Required)]),
    };
    let dependency = |(name, need): &(&str, Need)| ((*name).to_owned(), DependencyState::new(*need, Ok(())));
    let dependencies = dependencies.iter().map(dependency).collect();
    HealthReport { role: role.to_owned(), status: HealthStatus::Healthy, dependencies }
}
