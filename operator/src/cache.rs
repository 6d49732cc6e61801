//! What the operator knows of the cluster without asking: custom resources, children, pods and volume claims, kept
//! current by one watch per kind.

use std::{collections::BTreeMap, sync::Arc};

use kube::runtime::reflector::{ObjectRef, Store, store::WriterDropped};

use crate::{
    api::{PhotoPlatform, ProcessingPipeline},
    children::{ChildKind, Live},
    labels,
};

/// A kind that is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watched {
    /// One that the operator makes.
    Child(ChildKind),
    /// Pods of the operator's workloads: only they tell why a workload is not ready.
    Pod,
    /// Claims of the operator's `StatefulSets`.
    PersistentVolumeClaim,
}

impl Watched {
    /// The kind as the API knows it.
    pub fn resource(self) -> kube::core::ApiResource {
        let core = |kind: &str, plural: &str| {
            kube::core::ApiResource::from_gvk_with_plural(&kube::core::GroupVersionKind::gvk("", "v1", kind), plural)
        };
        match self {
            Self::Child(kind) => kind.resource(),
            Self::Pod => core("Pod", "pods"),
            Self::PersistentVolumeClaim => core("PersistentVolumeClaim", "persistentvolumeclaims"),
        }
    }
}

/// The stores of all watches.
pub struct Cache {
    /// All platforms.
    pub platforms: Store<PhotoPlatform>,
    /// All pipelines.
    pub pipelines: Store<ProcessingPipeline>,
    /// Everything else, by kind. A kind that the cluster does not know is missing.
    pub live: BTreeMap<Watched, Store<Live>>,
}

impl Cache {
    /// Waits until every store has been filled once.
    ///
    /// # Errors
    /// A watch has ended.
    pub async fn filled(&self) -> Result<(), WriterDropped> {
        self.platforms.wait_until_ready().await?;
        self.pipelines.wait_until_ready().await?;
        for store in self.live.values() {
            store.wait_until_ready().await?;
        }
        Ok(())
    }

    /// The child of that name.
    pub fn child(&self, kind: ChildKind, namespace: &str, name: &str) -> Option<Arc<Live>> {
        let store = self.live.get(&Watched::Child(kind))?;
        store.get(&ObjectRef::new_with(name, kind.resource()).within(namespace))
    }

    /// Everything of that kind that belongs to a platform itself or, where one is named, to its pipeline.
    pub fn of(&self, kind: Watched, namespace: &str, platform: &str, pipeline: Option<&str>) -> Vec<Arc<Live>> {
        let Some(store) = self.live.get(&kind) else { return Vec::new() };
        store.state_filter(|live| {
            live.namespace() == namespace
                && live.label(labels::PLATFORM) == Some(platform)
                && live.label(labels::PIPELINE) == pipeline
        })
    }

    /// Everything of that kind that belongs to any pipeline of a platform.
    pub fn of_pipelines(&self, kind: Watched, namespace: &str, platform: &str) -> Vec<Arc<Live>> {
        let Some(store) = self.live.get(&kind) else { return Vec::new() };
        store.state_filter(|live| {
            live.namespace() == namespace
                && live.label(labels::PLATFORM) == Some(platform)
                && live.label(labels::PIPELINE).is_some()
        })
    }

    /// All children of a platform itself or of its pipeline.
    pub fn children_of(&self, namespace: &str, platform: &str, pipeline: Option<&str>) -> Vec<(ChildKind, Arc<Live>)> {
        let kinds = ChildKind::ALL.into_iter();
        let of_kind = |kind| {
            let found = self.of(Watched::Child(kind), namespace, platform, pipeline);
            found.into_iter().map(move |live| (kind, live))
        };
        kinds.flat_map(of_kind).collect()
    }

    /// A platform by its name.
    pub fn platform(&self, namespace: &str, name: &str) -> Option<Arc<PhotoPlatform>> {
        self.platforms.get(&ObjectRef::new(name).within(namespace))
    }

    /// The pipelines that name a platform, by name.
    pub fn pipelines_of(&self, namespace: &str, platform: &str) -> Vec<Arc<ProcessingPipeline>> {
        let mut found = self.pipelines.state_filter(|pipeline| {
            pipeline.metadata.namespace.as_deref() == Some(namespace) && pipeline.spec.platform_ref.name == platform
        });
        found.sort_by(|one, other| one.metadata.name.cmp(&other.metadata.name));
        found
    }
}
