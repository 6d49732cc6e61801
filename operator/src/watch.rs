//! The watches: one per kind, shared by both reconcilers. Each fills a store and tells whose turn it is.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    hash::Hash,
};

use futures::StreamExt;
use kube::{
    Api, Client, Resource, ResourceExt,
    runtime::{
        WatchStreamExt,
        reflector::{Store, store::Writer},
        watcher,
    },
};
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use crate::{
    api::{PhotoPlatform, ProcessingPipeline},
    cache::{Cache, Watched},
    children::{ChildKind, Live},
    conditions::is_ready,
    labels,
    metrics::Metrics,
    settings::Capabilities,
    turns::Turns,
};

/// Which namespaces the operator looks after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    Cluster,
    /// This one.
    Namespace(String),
}

impl Scope {
    fn custom<K>(&self, client: Client) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
    {
        match self {
            Self::Cluster => Api::all(client),
            Self::Namespace(namespace) => Api::namespaced(client, namespace),
        }
    }

    fn live(&self, client: Client, watched: Watched) -> Api<Live> {
        match self {
            Self::Cluster => Api::all_with(client, &watched.resource()),
            Self::Namespace(namespace) => Api::namespaced_with(client, namespace, &watched.resource()),
        }
    }
}

/// Objects that are listed at once. All kinds are listed at the same time when the operator starts, and the text of a page
/// is in memory as a whole: with pages of 500 (kube's default) a thousand pipelines take 98 MiB, with these 73.
const PAGE: u32 = 100;

/// What a watch tells.
enum Change<'a, K>
where
    K: Resource + Clone + 'static,
    K::DynamicType: Eq + Hash,
{
    /// An object is there, or is another by now.
    There(&'a K),
    /// An object is gone.
    Gone(&'a K),
    /// All objects were told anew, and these are all. Those that went while the watch was broken off are not told one
    /// by one, and those that changed were told before they were in the store.
    Listed(&'a Store<K>),
}

/// Everything that watches need.
#[derive(Clone)]
pub(crate) struct Watches {
    /// The API server.
    pub client: Client,
    /// What is watched.
    pub scope: Scope,
    /// Where turns go.
    pub turns: Turns,
    /// Where failures are counted.
    pub metrics: Metrics,
}

impl Watches {
    /// Starts all watches; they end with `tasks`.
    pub(crate) fn start(&self, capabilities: Capabilities, tasks: &mut JoinSet<()>) -> Cache {
        let turns = self.turns.clone();
        let api = self.scope.custom::<ProcessingPipeline>(self.client.clone());
        let pipelines = self.watch((), api, tasks, move |change| match change {
            Change::There(pipeline) | Change::Gone(pipeline) => turns.pipeline_and_platform(pipeline),
            Change::Listed(all) => all.state().iter().for_each(|pipeline| turns.pipeline_and_platform(pipeline)),
        });
        let (turns, known) = (self.turns.clone(), pipelines.clone());
        let api = self.scope.custom::<PhotoPlatform>(self.client.clone());
        let mut seen = HashMap::new();
        let platforms = self.watch((), api, tasks, move |change| match change {
            Change::There(platform) => {
                turns.platform_of(platform);
                // Not before it is in the store: pipelines tell how their platform is from there.
                let is = (
                    is_ready(platform.status.iter().flat_map(|status| &status.conditions)),
                    platform.metadata.deletion_timestamp.is_some(),
                );
                if seen.insert(platform.uid(), is) != Some(is) {
                    turns.pipelines_of(platform, &known);
                }
            }
            // Nobody reconciles what is gone, and its pipelines tell that they miss it.
            Change::Gone(platform) => {
                seen.remove(&platform.uid());
                turns.pipelines_of(platform, &known);
            }
            Change::Listed(all) => turns.all(all, &known),
        });
        let mut live = BTreeMap::new();
        for watched in watched(capabilities) {
            let (turns, platforms, pipelines) = (self.turns.clone(), platforms.clone(), pipelines.clone());
            let api = self.scope.live(self.client.clone(), watched);
            let store = self.watch(watched.resource(), api, tasks, move |change| match change {
                Change::There(child) | Change::Gone(child) => turns.child(child),
                Change::Listed(_) => turns.all(&platforms, &pipelines),
            });
            live.insert(watched, store);
        }
        Cache { platforms, pipelines, live }
    }

    fn watch<K>(
        &self,
        resource: K::DynamicType,
        api: Api<K>,
        tasks: &mut JoinSet<()>,
        mut turn: impl FnMut(Change<'_, K>) + Send + 'static,
    ) -> Store<K>
    where
        K: Resource + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
        K::DynamicType: Clone + Debug + Eq + Hash + Send + Sync + Unpin,
    {
        let kind = K::kind(&resource).into_owned();
        // Custom resources are all ours; of other kinds those that we marked.
        let every = watcher::Config::default().page_size(PAGE);
        let config = match kind.as_str() {
            "PhotoPlatform" | "ProcessingPipeline" => every,
            _ => every.labels(&format!("app.kubernetes.io/managed-by={}", labels::MANAGED_BY)),
        };
        let writer = Writer::new(resource);
        let (store, all) = (writer.as_reader(), writer.as_reader());
        let metrics = self.metrics.clone();
        let mut events = watcher(api, config)
            .default_backoff()
            .modify(|object| object.managed_fields_mut().clear())
            .reflect(writer)
            .boxed();
        tasks.spawn(async move {
            while let Some(event) = events.next().await {
                match event {
                    Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => {
                        turn(Change::There(&object));
                    }
                    Ok(watcher::Event::Delete(object)) => turn(Change::Gone(&object)),
                    Ok(watcher::Event::Init) => {}
                    Ok(watcher::Event::InitDone) => turn(Change::Listed(&all)),
                    Err(error) => {
                        metrics.watch_failed();
                        tracing::warn!(kind, %error, "a watch broke off and begins again");
                    }
                }
            }
        });
        store
    }
}

fn watched(capabilities: Capabilities) -> Vec<Watched> {
    let known = |kind: &ChildKind| match kind {
        ChildKind::HttpRoute => capabilities.gateway_api,
        ChildKind::ServiceMonitor | ChildKind::PrometheusRule => capabilities.prometheus,
        ChildKind::ServiceAccount
        | ChildKind::NetworkPolicy
        | ChildKind::ConfigMap
        | ChildKind::Service
        | ChildKind::PodDisruptionBudget
        | ChildKind::StatefulSet
        | ChildKind::Deployment
        | ChildKind::HorizontalPodAutoscaler
        | ChildKind::Ingress => true,
    };
    let children = ChildKind::ALL.into_iter().filter(known).map(Watched::Child);
    children.chain([Watched::Pod, Watched::PersistentVolumeClaim]).collect()
}
