//! The operator as a process: it waits for the Lease, then watches and reconciles until it is told to stop or loses it.

use std::{collections::BTreeSet, hash::Hash, sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::{Stream, StreamExt};
use kube::{
    Client, Config, Resource,
    runtime::{
        controller::{self, Action},
        events::{Recorder, Reporter},
        reflector::{ObjectRef, Store},
    },
};
use photo_core::clock::Clock;
use photo_runtime::{
    health::Health,
    listener::{self, ListenConfig},
    probe, shutdown,
    telemetry::{self, LogConfig},
};
use prometheus_client::registry::Registry;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    cluster::{Cluster, ClusterError},
    context::{Context, Memory},
    data_plane::{Addresses, DataPlane},
    demand,
    leadership::{Election, Gate},
    metrics::Metrics,
    pipeline, platform, scaler,
    scalings::Scalings,
    settings::{Capabilities, DefaultImages},
    turns::{Queues, Turns},
    watch::{Scope, Watches},
};

/// The Lease of all replicas.
const LEASE: &str = "photo-operator";

/// Objects of one kind that are reconciled at the same time.
const CONCURRENCY: u16 = 16;

/// Settings of `photo-operator run`.
#[derive(Debug, clap::Args)]
pub struct RunConfig {
    /// Namespaces to look after, separated by commas; without any, all.
    #[arg(long, env = "WATCH_NAMESPACES", value_delimiter = ',')]
    watch_namespaces: Vec<String>,
    /// Namespace of the Lease: the operator's own.
    #[arg(long, env = "POD_NAMESPACE", default_value = "default")]
    pod_namespace: String,
    /// Name of this replica in the Lease: the pod's.
    #[arg(long, env = "POD_NAME")]
    pod_name: Option<String>,
    #[command(flatten)]
    images: DefaultImages,
    #[command(flatten)]
    addresses: Addresses,
    #[command(flatten)]
    listen: ListenConfig,
    #[command(flatten)]
    log: LogConfig,
}

impl RunConfig {
    /// What is looked after, each namespace once. A variable that is set and empty names none.
    fn scopes(&self) -> Vec<Scope> {
        let named = self.watch_namespaces.iter().map(|namespace| namespace.trim());
        let named: BTreeSet<&str> = named.filter(|namespace| !namespace.is_empty()).collect();
        if named.is_empty() {
            return vec![Scope::Cluster];
        }
        named.into_iter().map(|namespace| Scope::Namespace(namespace.to_owned())).collect()
    }
}

/// Runs the operator until it is told to stop.
///
/// # Errors
/// The cluster can't be reached at the start, the probe port can't be listened on, or the Lease was lost; a lost Lease
/// ends the process, since nobody else may know what was about to be written.
pub async fn run(config: RunConfig) -> anyhow::Result<()> {
    telemetry::start(&config.log)?;
    let stop = shutdown::on_signal()?;
    let client = client().await?;
    let mut registry = Registry::with_prefix("photo_operator");
    let metrics = Metrics::register(&mut registry);
    // Both replicas are ready: one that waits for the Lease does what it is for.
    let health = Health::new("operator", stop.clone());
    let probes = config.listen.bind(config.listen.probe_port).await?;
    let routes = probe::routes(health, Arc::new(registry)).merge(demand::routes(client.clone()));
    let probes = tokio::spawn(listener::serve(probes, routes, stop.clone(), config.listen.shutdown_timeout()));

    let gate = Gate::default();
    let identity = config.pod_name.clone().unwrap_or_else(|| format!("photo-operator-{}", std::process::id()));
    let mut election = Election::new(client.clone(), &config.pod_namespace, LEASE, identity.clone(), gate.clone());
    tokio::select! {
        () = election.won() => {}
        () = stop.cancelled() => return probes.await?,
    }
    metrics.leads(true);
    let ended = tokio::select! {
        ended = lead(&config, client, gate, metrics.clone(), &stop) => ended,
        () = election.held() => Err(anyhow::anyhow!("the lease was lost: another replica leads now")),
    };
    metrics.leads(false);
    election.release().await;
    ended?;
    probes.await?
}

async fn client() -> anyhow::Result<Client> {
    let mut config = Config::infer().await.context("no cluster: neither a kubeconfig nor a service account is here")?;
    config.connect_timeout = Some(Duration::from_secs(5));
    Client::try_from(config).context("the cluster's configuration can't be used")
}

/// Reconciles in every scope until `stop`; what is under way ends first.
async fn lead(
    config: &RunConfig,
    client: Client,
    gate: Gate,
    metrics: Metrics,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let capabilities = capabilities(&client).await?;
    let mut running = JoinSet::new();
    for scope in config.scopes() {
        let (turns, queues) = Turns::new();
        let mut watching = JoinSet::new();
        let watches = Watches { client: client.clone(), scope, turns: turns.clone(), metrics: metrics.clone() };
        let cache = watches.start(capabilities, &mut watching);
        let reporter = Reporter { controller: "photo-operator".to_owned(), instance: config.pod_name.clone() };
        let context = Arc::new(Context {
            cluster: Cluster::new(client.clone(), gate.clone()),
            cache,
            data_plane: DataPlane::new(config.addresses.clone())?,
            images: config.images.clone(),
            operator_namespace: config.pod_namespace.clone(),
            capabilities,
            metrics: metrics.clone(),
            events: Recorder::new(client.clone(), reporter),
            clock: Clock::System,
            turns,
            memory: Memory::default(),
            scalings: Scalings::default(),
        });
        running.spawn(reconcile(context, queues, watching, stop.clone()));
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}

async fn reconcile(
    context: Arc<Context>,
    queues: Queues,
    mut watching: JoinSet<()>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    // Until every store is filled, what is not in it may well be there.
    tokio::select! {
        filled = context.cache.filled() => filled?,
        () = stop.cancelled() => return Ok(()),
    }
    tracing::info!("every watch has told what there is");
    let (platforms, pipelines) = queues.streams();
    let platforms = controlled(
        &context,
        context.cache.platforms.clone(),
        platforms.take_until(stop.clone().cancelled_owned()),
        "PhotoPlatform",
        |object, context| Box::pin(platform::reconcile(object, context)),
    );
    let pipelines = controlled(
        &context,
        context.cache.pipelines.clone(),
        pipelines.take_until(stop.clone().cancelled_owned()),
        "ProcessingPipeline",
        |object, context| Box::pin(pipeline::reconcile(object, context)),
    );
    tokio::join!(platforms, pipelines, scaler::run(Arc::clone(&context), stop));
    watching.shutdown().await;
    Ok(())
}

type Reconciling = std::pin::Pin<Box<dyn Future<Output = Result<Action, ClusterError>> + Send>>;

/// Reconciles objects of one kind as their turns come, each by one at a time.
async fn controlled<K>(
    context: &Arc<Context>,
    store: Store<K>,
    queue: impl Stream<Item = ObjectRef<K>> + Send + 'static,
    kind: &'static str,
    reconcile: fn(Arc<K>, Arc<Context>) -> Reconciling,
) where
    K: Resource<DynamicType = ()> + Clone + Send + Sync + std::fmt::Debug + 'static,
{
    let failures = Arc::new(Failures::<K>::default());
    let counted = Arc::clone(&failures);
    let forgiving = Arc::clone(&failures);
    let metrics = context.metrics.clone();
    let reconciled = controller::applier(
        move |object: Arc<K>, context: Arc<Context>| {
            let forgiving = Arc::clone(&forgiving);
            let reference = ObjectRef::from_obj(object.as_ref());
            let reconciling = reconcile(object, context);
            Box::pin(async move {
                let done = reconciling.await;
                if done.is_ok() {
                    forgiving.forget(&reference);
                }
                done
            })
        },
        move |object: Arc<K>, error: &ClusterError, _| {
            let wait = counted.wait(ObjectRef::from_obj(object.as_ref()));
            tracing::warn!(kind, name = object.meta().name, namespace = object.meta().namespace, %error, ?wait, "tried again");
            Action::requeue(wait)
        },
        Arc::clone(context),
        store,
        queue.map(Ok::<_, std::convert::Infallible>),
        controller::Config::default().concurrency(CONCURRENCY).debounce(Duration::from_millis(20)),
    );
    reconciled
        .for_each(|outcome| {
            metrics.reconciled(kind, outcome.is_ok());
            futures::future::ready(())
        })
        .await;
}

/// How often each object failed in a row, so that a broken one is tried less and less often.
struct Failures<K: Resource<DynamicType = ()>>(std::sync::Mutex<std::collections::HashMap<ObjectRef<K>, u32>>);

impl<K: Resource<DynamicType = ()>> Default for Failures<K> {
    fn default() -> Self {
        Self(std::sync::Mutex::default())
    }
}

impl<K: Resource<DynamicType = ()>> Failures<K>
where
    ObjectRef<K>: Hash + Eq,
{
    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_mins(5);

    fn wait(&self, object: ObjectRef<K>) -> Duration {
        let mut failures = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let count = failures.entry(object).or_default();
        *count = count.saturating_add(1);
        let longest = Self::FIRST.saturating_mul(2_u32.saturating_pow(*count - 1)).min(Self::LONGEST);
        crate::report::spread(longest)
    }

    fn forget(&self, object: &ObjectRef<K>) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(object);
    }
}

/// Asks the API server which optional kinds it knows.
async fn capabilities(client: &Client) -> anyhow::Result<Capabilities> {
    let groups = client.list_api_groups().await.context("the API server does not tell which kinds it knows")?;
    let knows = |group: &str| groups.groups.iter().any(|found| found.name == group);
    Ok(Capabilities {
        prometheus: knows("monitoring.coreos.com"),
        gateway_api: knows("gateway.networking.k8s.io"),
        assigns_users: knows("security.openshift.io"),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        config: RunConfig,
    }

    /// A variable of the environment is parsed as this argument is.
    fn scopes(namespaces: Option<&str>) -> Vec<Scope> {
        let images = ["gateway", "worker", "redis", "object-store"].map(|image| format!("--image-{image}=example"));
        let namespaces = namespaces.map(|namespaces| format!("--watch-namespaces={namespaces}"));
        let arguments = ["photo-operator".to_owned()].into_iter().chain(images).chain(namespaces);
        Program::try_parse_from(arguments).unwrap().config.scopes()
    }

    #[test]
    fn without_a_name_all_namespaces_are_looked_after() {
        for nobody in [None, Some(""), Some(","), Some(" ")] {
            assert_eq!(scopes(nobody), [Scope::Cluster], "{nobody:?}");
        }
    }

    #[test]
    fn a_namespace_is_looked_after_once() {
        let namespace = |name: &str| Scope::Namespace(name.to_owned());
        assert_eq!(scopes(Some("b, a,b,")), [namespace("a"), namespace("b")]);
    }
}
