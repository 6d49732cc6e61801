//! The storage role's catalogue of pipelines: told what is declared, whenever that changed or might have been forgotten.

use std::{collections::BTreeMap, time::Duration};

use kube::ResourceExt;
use photo_core::pipeline::{CatalogueEntry, PipelineName, PipelineState};
use tokio::time::Instant;

use super::fetch::Facts;
use crate::{
    api::{Operation, PhotoPlatform, ProcessingPipeline},
    config,
    context::{Context, SecretsSeen},
    data_plane::{Place, StorageRole},
    names::Component,
};

/// How often the storage role is asked which pipelines it knows.
const READ_EVERY: Duration = Duration::from_mins(10);

/// Tells the storage role. What it did not take is told again at the next look; a storage role that is not there yet is
/// no failure of the platform's making.
pub(super) async fn tell(platform: &PhotoPlatform, facts: &Facts, secrets: &SecretsSeen, context: &Context) {
    if facts.component(Component::Metadata).is_none_or(|state| state.ready == 0) {
        return;
    }
    let (namespace, name) = (platform.namespace().unwrap_or_default(), platform.name_any());
    let wanted = wanted(facts);
    let uid = platform.uid().unwrap_or_default();
    let mut memory = context.memory.of(&uid);
    let is_fresh = memory.catalogue_read.is_some_and(|at| at.elapsed() < READ_EVERY);
    if memory.catalogue == wanted && is_fresh {
        return;
    }
    let place = Place { namespace: &namespace, platform: &name, component: Component::Metadata, pod: None };
    let told = match context.data_plane.storage(place, secrets.service_key.clone()) {
        Ok(storage) => settle(&storage, &wanted, is_fresh.then_some(&memory.catalogue)).await,
        Err(error) => Err(error.into()),
    };
    match told {
        Ok(()) => {
            memory.catalogue = wanted;
            memory.catalogue_read = Some(Instant::now());
        }
        Err(error) => {
            tracing::warn!(%error, namespace, platform = name, "the storage role's catalogue is not up to date");
            memory.catalogue_read = None;
        }
    }
    context.memory.keep(&uid, memory);
}

fn wanted(facts: &Facts) -> BTreeMap<PipelineName, CatalogueEntry> {
    let living = facts.pipelines.iter().filter(|pipeline| pipeline.metadata.deletion_timestamp.is_none());
    living.filter_map(|pipeline| entry(pipeline)).collect()
}

/// What a pipeline is in the catalogue; one whose spec is not valid is told about by its own status.
fn entry(pipeline: &ProcessingPipeline) -> Option<(PipelineName, CatalogueEntry)> {
    let spec = config::pipeline_spec(&pipeline.spec).ok()?;
    let state = match pipeline.spec.operation {
        Operation::Paused => PipelineState::Paused,
        Operation::Running | Operation::Stopped => PipelineState::Running,
    };
    Some((pipeline.name_any().parse().ok()?, CatalogueEntry { queue: spec.queue, state }))
}

async fn settle(
    storage: &StorageRole,
    wanted: &BTreeMap<PipelineName, CatalogueEntry>,
    known: Option<&BTreeMap<PipelineName, CatalogueEntry>>,
) -> anyhow::Result<()> {
    for (name, entry) in wanted {
        if known.and_then(|known| known.get(name)) != Some(entry) {
            storage.put(name, entry).await?;
        }
    }
    for name in storage.names().await? {
        if !wanted.contains_key(&name) {
            storage.remove(&name).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(spec: &Value) -> Option<(String, CatalogueEntry)> {
        let mut written = json!({"platformRef": {"name": "photos"}, "stages": [{"name": "a", "type": "Metadata"}]});
        written.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        let pipeline = serde_json::from_value(json!({
            "apiVersion": "photoplatform.io/v1alpha1", "kind": "ProcessingPipeline",
            "metadata": {"name": "full"}, "spec": written,
        }));
        entry(&pipeline.unwrap()).map(|(name, entry)| (name.to_string(), entry))
    }

    #[test]
    fn the_catalogue_has_the_queue_and_whether_it_is_worked_on() {
        let (name, plain) = told(&json!({})).unwrap();
        assert_eq!((name.as_str(), plain.state), ("full", PipelineState::Running));
        let (_, paused) = told(&json!({"operation": "Paused", "queue": {"priority": 2}})).unwrap();
        assert_eq!(paused.state, PipelineState::Paused);
        assert_ne!(paused.queue, plain.queue);
        // Photos wait: no worker runs, and one that runs again takes them.
        assert_eq!(told(&json!({"operation": "Stopped"})).unwrap().1.state, PipelineState::Running);
        assert!(told(&json!({"stages": [{"name": "a", "type": "Metadata", "dependsOn": ["b"]}]})).is_none());
    }
}
