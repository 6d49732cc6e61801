//! What the reconcilers work with.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kube::runtime::events::Recorder;
use photo_core::{
    clock::Clock,
    pipeline::{CatalogueEntry, PipelineName},
};
use secrecy::SecretString;
use tokio::time::Instant;

use crate::{
    cache::Cache,
    cluster::Cluster,
    data_plane::DataPlane,
    metrics::Metrics,
    scalings::Scalings,
    secrets::SecretVersions,
    settings::{Capabilities, DefaultImages},
    turns::Turns,
};

/// What the reconcilers work with. One for the whole process.
pub struct Context {
    /// Writes, and reads what is not watched.
    pub cluster: Cluster,
    /// What is watched.
    pub cache: Cache,
    /// The platforms' own processes.
    pub data_plane: DataPlane,
    /// Images of containers whose custom resource names none.
    pub images: DefaultImages,
    /// The namespace of the operator's own pods.
    pub operator_namespace: String,
    /// What the cluster can do.
    pub capabilities: Capabilities,
    /// What was done.
    pub metrics: Metrics,
    /// Events about custom resources.
    pub events: Recorder,
    /// The time of conditions.
    pub clock: Clock,
    /// Whose turn it is next, where a reconcile knows it.
    pub turns: Turns,
    /// What is remembered from one reconcile to the next.
    pub memory: Memory,
    /// What is told of the scaling of pipelines.
    pub scalings: Scalings,
}

/// What is remembered of platforms from one reconcile to the next. All of it is found again when it is lost.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<String, PlatformMemory>>);

/// What is remembered of one platform.
#[derive(Clone, Default)]
pub struct PlatformMemory {
    /// The Secrets, as they were last read.
    pub secrets: Option<SecretsSeen>,
    /// What the storage role was told of pipelines.
    pub catalogue: BTreeMap<PipelineName, CatalogueEntry>,
    /// When the storage role was last asked which pipelines it knows.
    pub catalogue_read: Option<Instant>,
}

/// Secrets, as they were last read.
#[derive(Clone)]
pub struct SecretsSeen {
    /// When.
    pub at: Instant,
    /// For which generation of the platform.
    pub generation: Option<i64>,
    /// Which versions they had.
    pub versions: Arc<SecretVersions>,
    /// The key of tokens between roles.
    pub service_key: SecretString,
    /// Whose the platform's data is: the uid of the first platform that had it.
    pub data_owner: String,
}

impl SecretsSeen {
    /// How long they count as known. A change that nobody told of is found after that.
    pub const FRESH: Duration = Duration::from_mins(10);
}

impl Memory {
    /// What is remembered of the platform with that uid.
    pub fn of(&self, uid: &str) -> PlatformMemory {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(uid).cloned().unwrap_or_default()
    }

    /// Remembers it.
    pub fn keep(&self, uid: &str, memory: PlatformMemory) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(uid.to_owned(), memory);
    }

    /// Forgets a platform that is gone.
    pub fn forget(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}
