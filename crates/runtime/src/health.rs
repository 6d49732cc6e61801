//! Health: what a role depends on, checked in the background, so that a probe never waits and an outage is known
//! before the next request comes.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use photo_core::{
    backoff::Backoff,
    circuit::{Admission, Circuit},
    port::{PortError, Reason},
};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::disk;

mod told;

pub use told::Told;

/// How often each dependency is checked, and the longest that a check may take.
const PERIOD: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(2);

/// When a dependency that is away is asked again. Not long: nothing is done without it, and its return shows by this.
const AWAY: Backoff = Backoff { base: PERIOD, max: Duration::from_secs(4) };

/// The label of `circuit_open`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TargetLabels {
    target: &'static str,
}

/// Whether a role needs a dependency to do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Need {
    /// Without it the role is not ready.
    Required,
    /// Without it the role works on, and something waits elsewhere.
    Deferred,
}

/// Asks one dependency whether it is there.
pub type Check = Box<dyn Fn() -> BoxFuture<'static, Result<(), CheckFailed>> + Send + Sync>;

/// A dependency that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFailed {
    /// Why, for programs.
    pub reason: Reason,
    /// Why, for people.
    pub error: String,
}

impl CheckFailed {
    fn not_yet() -> Self {
        Self { reason: Reason::NotChecked, error: "not checked yet".to_owned() }
    }

    fn by(error: &PortError) -> Self {
        let reason = if disk::is_full(error) { Reason::Full } else { error.reason() };
        Self { reason, error: error.chain() }
    }
}

/// A check of a shared port, whose error is told with its causes and the reason that its adapter found.
pub fn check<P, F>(port: &Arc<P>, ask: impl Fn(Arc<P>) -> F + Send + Sync + 'static) -> Check
where
    P: ?Sized + Send + Sync + 'static,
    F: Future<Output = Result<(), PortError>> + Send + 'static,
{
    let port = Arc::clone(port);
    Box::new(move || {
        let asked = ask(Arc::clone(&port));
        Box::pin(async move { asked.await.map_err(|error| CheckFailed::by(&error)) })
    })
}

/// What is known of one dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DependencyState {
    /// Whether the role can do without it.
    pub need: Need,
    /// Whether it answered the last check. Not before the first check has ended.
    pub healthy: bool,
    /// Why the last check failed, for programs. There is one wherever it is not healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Why the last check failed, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What else there is to know of one that is healthy, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl DependencyState {
    /// As it was just found.
    pub fn new(need: Need, checked: Result<(), CheckFailed>) -> Self {
        match checked {
            Ok(()) => Self { need, healthy: true, reason: None, error: None, note: None },
            Err(CheckFailed { reason, error }) => {
                Self { need, healthy: false, reason: Some(reason), error: Some(error), note: None }
            }
        }
    }
}

/// The dependencies of a role, as last seen.
#[derive(Clone)]
pub struct Health {
    role: &'static str,
    states: Arc<Mutex<BTreeMap<&'static str, DependencyState>>>,
    changed: watch::Sender<()>,
    open: Family<TargetLabels, Gauge>,
    stopping: CancellationToken,
}

/// How a role is as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HealthStatus {
    /// Everything that it depends on answers.
    Healthy,
    /// It does its work; a deferred dependency is away.
    Degraded,
    /// A required dependency is away.
    Unhealthy,
    /// It was told to stop.
    Stopping,
}

/// The answer of `/health`, as it is written and as who asks reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport {
    /// Which role answers.
    pub role: String,
    /// How it is as a whole.
    pub status: HealthStatus,
    /// Each dependency by its name.
    pub dependencies: BTreeMap<String, DependencyState>,
}

impl Health {
    /// Of a role that has no dependencies yet; not ready once `stopping` is cancelled.
    pub fn new(role: &'static str, stopping: CancellationToken) -> Self {
        let (states, open) = (Arc::default(), Family::default());
        Self { role, states, changed: watch::Sender::new(()), open, stopping }
    }

    /// Adds to a registry which dependencies are away.
    pub fn register(&self, registry: &mut Registry) {
        let help = "1 while a dependency is away, and is asked by one probe at a time only";
        registry.register("circuit_open", help, self.open.clone());
    }

    /// Adds a dependency and checks it from now on, until the process stops. Unhealthy until the first check passes.
    pub fn watch(&self, name: &'static str, need: Need, check: Check) {
        self.set(name, DependencyState::new(need, Err(CheckFailed::not_yet())));
        let health = self.clone();
        tokio::spawn(async move {
            let mut watched = Watched { name, need, check, circuit: Circuit::new(AWAY), begun: Instant::now() };
            while !health.stopping.is_cancelled() {
                let rest = watched.look(&health).await;
                health.stopping.run_until_cancelled(tokio::time::sleep(rest)).await;
            }
        });
    }

    /// Waits until none of the named dependencies is away. One that is not watched is none of them.
    pub async fn until_there(&self, names: &[&str]) {
        let mut changes = self.changed.subscribe();
        while self.is_any_away(names) {
            // The sender lives as long as this does.
            drop(changes.changed().await);
        }
    }

    fn is_any_away(&self, names: &[&str]) -> bool {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().any(|name| states.get(name).is_some_and(|state| !state.healthy))
    }

    /// Whether the role can do its work: every required dependency answered, and it is not stopping.
    pub fn is_ready(&self) -> bool {
        !self.stopping.is_cancelled() && self.first_missing().is_none()
    }

    /// The first required dependency that is away.
    pub fn first_missing(&self) -> Option<&'static str> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.iter().find(|(_, state)| state.need == Need::Required && !state.healthy).map(|(name, _)| *name)
    }

    /// Whether a required dependency is away because it has no room left.
    pub fn is_full(&self) -> bool {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.values().any(|state| state.need == Need::Required && state.reason == Some(Reason::Full))
    }

    /// Waits until the role can do its work.
    pub async fn until_ready(&self) {
        let mut changes = self.changed.subscribe();
        while !self.is_ready() {
            // The sender lives as long as this does.
            drop(changes.changed().await);
        }
    }

    /// Everything that is known, for `/health`.
    pub fn report(&self) -> HealthReport {
        let dependencies = self.states.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let missing = |need: Need| dependencies.values().any(|state| state.need == need && !state.healthy);
        let status = if self.stopping.is_cancelled() {
            HealthStatus::Stopping
        } else if missing(Need::Required) {
            HealthStatus::Unhealthy
        } else if missing(Need::Deferred) {
            HealthStatus::Degraded
        } else {
            HealthStatus::Healthy
        };
        let dependencies = dependencies.into_iter().map(|(name, state)| (name.to_owned(), state)).collect();
        HealthReport { role: self.role.to_owned(), status, dependencies }
    }

    fn set(&self, name: &'static str, state: DependencyState) {
        let healthy = state.healthy;
        let (reason, error) = (state.reason, state.error.clone());
        let before = self.states.lock().unwrap_or_else(PoisonError::into_inner).insert(name, state);
        match before {
            // The first that is found out is news, good or bad.
            Some(before) if before.healthy == healthy && before.reason != Some(Reason::NotChecked) => {}
            Some(_) if healthy => tracing::info!(dependency = name, "dependency answers"),
            Some(_) => tracing::warn!(dependency = name, ?reason, error, "dependency is away"),
            None => {}
        }
        self.changed.send_replace(());
    }
}

/// A dependency that is checked again and again.
struct Watched {
    name: &'static str,
    need: Need,
    check: Check,
    circuit: Circuit,
    begun: Instant,
}

impl Watched {
    /// Checks, if it is time to, tells `health`, and returns how long to rest.
    async fn look(&mut self, health: &Health) -> Duration {
        let permit = match self.circuit.admit(self.begun.elapsed()) {
            Admission::Refused(wait) => return wait.unwrap_or(PERIOD),
            Admission::Admitted(permit) => permit,
        };
        let checked = checked_in_time(&self.check).await;
        self.circuit.settle(permit, checked.is_ok(), self.begun.elapsed(), random());
        health.open.get_or_create(&TargetLabels { target: self.name }).set(i64::from(checked.is_err()));
        health.set(self.name, DependencyState::new(self.need, checked));
        // One that is away is looked at when the circuit says so.
        if self.circuit.is_closed() { PERIOD } else { Duration::ZERO }
    }
}

async fn checked_in_time(check: &Check) -> Result<(), CheckFailed> {
    let late = |_| {
        let error = format!("no answer within {} s", TIMEOUT.as_secs());
        Err(CheckFailed { reason: Reason::Unreachable, error })
    };
    tokio::time::timeout(TIMEOUT, check()).await.unwrap_or_else(late)
}

/// A number in 0..1 that differs between processes: the standard library keys its hashes at random.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use photo_core::port::ErrorKind;

    use super::*;

    async fn until(health: &Health, holds: impl Fn(&Health) -> bool) {
        let mut changes = health.changed.subscribe();
        while !holds(health) {
            changes.changed().await.unwrap();
        }
    }

    fn switch(on: &Arc<AtomicBool>) -> Check {
        let on = Arc::clone(on);
        Box::new(move || {
            let refused = CheckFailed { reason: Reason::AuthFailed, error: "refused".to_owned() };
            let answer = if on.load(Ordering::SeqCst) { Ok(()) } else { Err(refused) };
            Box::pin(async move { answer })
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_role_is_ready_while_its_required_dependencies_answer() {
        let (store, queue) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let health = Health::new("api", CancellationToken::new());
        assert!(health.is_ready(), "a role without dependencies is ready");
        health.watch("store", Need::Required, switch(&store));
        health.watch("queue", Need::Deferred, switch(&queue));
        assert!(!health.is_ready(), "unknown is not healthy");
        health.until_ready().await;
        until(&health, |health| health.report().status == HealthStatus::Degraded).await;
        store.store(false, Ordering::SeqCst);
        until(&health, |health| !health.is_ready()).await;
        assert_eq!(health.first_missing(), Some("store"));
        let report = health.report();
        assert_eq!(report.status, HealthStatus::Unhealthy);
        assert_eq!(report.dependencies["store"].reason, Some(Reason::AuthFailed));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(
            json["dependencies"]["store"],
            serde_json::json!({"need": "required", "healthy": false, "reason": "AuthFailed", "error": "refused"})
        );
        assert_eq!(serde_json::from_value::<HealthReport>(json).unwrap(), report, "who asks reads what was written");
    }

    #[tokio::test(start_paused = true)]
    async fn a_dependency_that_is_away_is_asked_less_and_less_and_holds_up_who_needs_it() {
        let (answers, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let health = Health::new("worker", CancellationToken::new());
        let (inner, count) = (switch(&answers), Arc::clone(&asked));
        let counted: Check = Box::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            inner()
        });
        health.watch("store", Need::Required, counted);
        tokio::time::sleep(Duration::from_mins(1)).await;
        let made = asked.load(Ordering::SeqCst);
        assert!((15..=33).contains(&made), "{made}: every second at first, then every 2 to 4");
        let open = || health.open.get_or_create(&TargetLabels { target: "store" }).get();
        assert_eq!(open(), 1);
        assert!(health.is_any_away(&["queue", "store"]) && !health.is_any_away(&["queue"]));
        answers.store(true, Ordering::SeqCst);
        tokio::time::timeout(AWAY.max, health.until_there(&["store"])).await.unwrap();
        assert_eq!(open(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_without_an_answer_is_unhealthy() {
        let health = Health::new("api", CancellationToken::new());
        health.watch("store", Need::Required, Box::new(|| Box::pin(futures::future::pending())));
        assert_eq!(health.report().dependencies["store"].reason, Some(Reason::NotChecked));
        until(&health, |h| h.report().dependencies["store"].error.as_deref() == Some("no answer within 2 s")).await;
        assert_eq!(health.report().dependencies["store"].reason, Some(Reason::Unreachable));
        assert!(!health.is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_without_room_is_told_apart() {
        let health = Health::new("api", CancellationToken::new());
        let full = Arc::new(());
        let full_disk = || std::io::Error::from(std::io::ErrorKind::StorageFull);
        let ask =
            move |_: Arc<()>| async move { Err(PortError::caused(ErrorKind::Unavailable, "writing", full_disk())) };
        health.watch("store", Need::Required, check(&full, ask));
        assert!(!health.is_full(), "unknown is not full");
        until(&health, Health::is_full).await;
        assert!(!health.is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopping_role_is_not_ready() {
        let stopping = CancellationToken::new();
        let health = Health::new("api", stopping.clone());
        stopping.cancel();
        assert!(!health.is_ready());
        assert_eq!(health.report().status, HealthStatus::Stopping);
    }
}
