//! A child as the API server last told.

mod pairs;
mod workload;

use std::{borrow::Cow, sync::OnceLock};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::{Resource, core::ApiResource};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use crate::labels;
use pairs::Pairs;
pub use workload::Workload;

/// An object as the API server last told, in the form that takes least memory: thousands are kept.
///
/// Who manages which field is not kept: it is two thirds of an object, and the API server knows it. Neither is the spec
/// of pods, of which only the status is of interest.
#[derive(Debug, Clone)]
pub struct Live {
    /// Without its labels and annotations.
    meta: ObjectMeta,
    labels: Pairs,
    annotations: Pairs,
    /// All but its metadata, as JSON.
    json: Box<[u8]>,
    /// What is known of a workload, once somebody has asked.
    workload: OnceLock<Box<Workload>>,
}

impl Live {
    /// The object, parsed.
    pub fn value(&self) -> Value {
        // It was written below, so it can be read.
        let mut object: Value = serde_json::from_slice(&self.json).unwrap_or_default();
        if let Some(object) = object.as_object_mut() {
            let meta = ObjectMeta {
                labels: self.labels.to_map(),
                annotations: self.annotations.to_map(),
                ..self.meta.clone()
            };
            object.insert("metadata".to_owned(), serde_json::to_value(meta).unwrap_or_default());
        }
        object
    }

    /// The object as its type.
    ///
    /// # Errors
    /// It is not of that type.
    pub fn read<K: DeserializeOwned>(&self) -> Result<K, serde_json::Error> {
        serde_json::from_value(self.value())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.meta.name.as_deref().unwrap_or_default()
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        self.meta.namespace.as_deref().unwrap_or_default()
    }

    /// One of its labels.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name)
    }

    /// One of its annotations.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name)
    }

    /// Its uid.
    pub fn uid(&self) -> Option<&str> {
        self.meta.uid.as_deref()
    }

    /// Whether it is being deleted.
    pub fn is_terminating(&self) -> bool {
        self.meta.deletion_timestamp.is_some()
    }

    /// The owner that controls it.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.meta.owner_references.as_ref()?.iter().find(|owner| owner.controller == Some(true))
    }

    /// The uid of the owner that is noted on it, which also retained objects have.
    pub fn noted_owner(&self) -> Option<&str> {
        self.annotation(labels::OWNER_UID)
    }
}

impl TryFrom<Value> for Live {
    type Error = serde_json::Error;

    fn try_from(mut object: Value) -> Result<Self, serde_json::Error> {
        let meta = object.as_object_mut().and_then(|object| object.remove("metadata"));
        let mut meta: ObjectMeta = meta.map(serde_json::from_value).transpose()?.unwrap_or_default();
        meta.managed_fields = None;
        // Items of a list do not tell their kind; nothing else has containers there.
        if object.pointer("/spec/containers").is_some() {
            object.as_object_mut().and_then(|pod| pod.remove("spec"));
        }
        if let Some(annotations) = &mut meta.annotations {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
        let (labels, annotations) = (Pairs::of(meta.labels.take()), Pairs::of(meta.annotations.take()));
        Ok(Self { meta, labels, annotations, json: serde_json::to_vec(&object)?.into(), workload: OnceLock::new() })
    }
}

impl<'de> Deserialize<'de> for Live {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Resource for Live {
    type DynamicType = ApiResource;
    type Scope = kube::core::DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn api_version(resource: &ApiResource) -> Cow<'_, str> {
        resource.api_version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_asked_for_is_kept() {
        let metadata = json!({
            "name": "one", "generation": 3, "managedFields": [{"manager": "kubectl"}],
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "note": "stays"},
            "labels": {"team": "photos"},
        });
        let kept =
            json!({"name": "one", "generation": 3, "annotations": {"note": "stays"}, "labels": {"team": "photos"}});
        let deployment = json!({"metadata": metadata, "spec": {"replicas": 2}, "status": {"replicas": 1}});
        let live = Live::try_from(deployment).unwrap();
        assert_eq!(
            (live.label("team"), live.annotation("note"), live.label("note")),
            (Some("photos"), Some("stays"), None)
        );
        assert_eq!(live.value(), json!({"metadata": kept, "spec": {"replicas": 2}, "status": {"replicas": 1}}));
        let pod = json!({"metadata": metadata, "spec": {"containers": []}, "status": {"phase": "Running"}});
        assert_eq!(Live::try_from(pod).unwrap().value(), json!({"metadata": kept, "status": {"phase": "Running"}}));
    }
}
