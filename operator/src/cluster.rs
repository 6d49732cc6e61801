//! The cluster, as the reconcilers write to it: every write passes the gate of the Lease, is counted, and tells the API
//! server who writes.

mod scaling;

use std::collections::BTreeMap;

use k8s_openapi::{
    ByteString,
    api::{
        apps::v1::Deployment,
        core::v1::{ConfigMap, PersistentVolumeClaim, Secret},
        storage::v1::StorageClass,
    },
    apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry, OwnerReference},
};
use kube::{
    Api, Client, ResourceExt,
    api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams, Preconditions},
};
use serde::Serialize;

use crate::{
    children::{ChildKind, Doomed, Growing, Live, Rendered},
    leadership::{Gate, NotLeading},
};

pub(crate) use scaling::{DELETION_COST, PodUse};

/// Who owns the fields of children.
const SPEC_MANAGER: &str = "photo-operator";
/// Who owns the number of pods where an autoscaler chooses it.
const SCALE_MANAGER: &str = "photo-operator-scaler";
/// Who owns the status of custom resources.
const STATUS_MANAGER: &str = "photo-operator-status";

/// A call to the cluster failed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error(transparent)]
    NotLeading(#[from] NotLeading),
    #[error("can't {verb} the {kind} `{name}`: {source}")]
    Api { verb: &'static str, kind: &'static str, name: String, source: Box<kube::Error> },
    #[error("the {kind} `{name}` goes with a platform of this name that was deleted: it is waited for")]
    Departing { kind: &'static str, name: String },
}

impl ClusterError {
    /// The status that the API server answered with, where it did.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Api { source, .. } => {
                let kube::Error::Api(status) = source.as_ref() else { return None };
                Some(status.code)
            }
            Self::NotLeading(_) | Self::Departing { .. } => None,
        }
    }
}

/// The cluster's API.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    gate: Gate,
}

impl Cluster {
    /// The cluster of `client`, written to only while `gate` is open.
    pub fn new(client: Client, gate: Gate) -> Self {
        Self { client, gate }
    }

    /// Whether anything may be written now.
    ///
    /// # Errors
    /// Another operator may be acting.
    pub fn may_write(&self) -> Result<(), NotLeading> {
        self.gate.pass()
    }

    /// Applies a child by server-side apply: our fields are as rendered then, those of others stay.
    ///
    /// # Errors
    /// The API server refuses it or does not answer, or another operator leads.
    pub async fn apply(&self, namespace: &str, child: &Rendered) -> Result<(), ClusterError> {
        if let Some(first) = child.first_replicas {
            self.hand_over_replicas(namespace, &child.name, first).await?;
        }
        let applied = match self.apply_beside_others(namespace, child).await {
            // Ports are told apart by their numbers: beside one whose number somebody edited, ours is a second of its name.
            Err(error) if error.code() == Some(422) && child.kind == ChildKind::Service => {
                self.replace_ports(namespace, child).await?;
                self.apply_beside_others(namespace, child).await?
            }
            applied => applied?,
        };
        match child.first_replicas {
            // It was deleted meanwhile, so this made it anew, with as many pods as the API server gives one that says nothing.
            Some(first) if replicas(&applied) < first.into() => {
                self.hand_over_replicas(namespace, &child.name, first).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Sees to it that the number of pods of a Deployment is not the operator's own field, which the next apply would drop and
    /// so make 1: whoever chose it keeps it, and where it was the operator, the scaler takes it over as it is, or as
    /// `first` where it is less. Where there is no such Deployment, there is nothing to hand over.
    async fn hand_over_replicas(&self, namespace: &str, name: &str, first: i32) -> Result<(), ClusterError> {
        self.gate.pass()?;
        let (verb, kind) = ("hand over the replicas of", "Deployment");
        let deployments = Api::<Deployment>::namespaced(self.client.clone(), namespace);
        let Some(found) = deployments.get_opt(name).await.map_err(failed(verb, kind, name))? else { return Ok(()) };
        let replicas = found.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or_default();
        if replicas >= first && found.managed_fields().iter().any(chooses_replicas) {
            return Ok(());
        }
        let taken = serde_json::json!({
            "apiVersion": "apps/v1", "kind": kind, "spec": { "replicas": replicas.max(first) },
            // As it was seen: nobody has chosen meanwhile.
            "metadata": { "name": name, "resourceVersion": found.metadata.resource_version },
        });
        let params = PatchParams::apply(SCALE_MANAGER).force();
        let patched = deployments.patch_metadata(name, &params, &Patch::Apply(&taken)).await;
        patched.map(drop).map_err(failed(verb, kind, name))
    }

    async fn apply_beside_others(&self, namespace: &str, child: &Rendered) -> Result<DynamicObject, ClusterError> {
        self.gate.pass()?;
        let [_, _, kind, _] = child.kind.names();
        let params = PatchParams::apply(SPEC_MANAGER).force();
        let children = self.children(namespace, child.kind);
        let applied = children.patch(&child.name, &params, &Patch::Apply(&child.object)).await;
        applied.map_err(failed("apply", kind, &child.name))
    }

    /// Gives a Service our ports and no others.
    async fn replace_ports(&self, namespace: &str, service: &Rendered) -> Result<(), ClusterError> {
        self.gate.pass()?;
        let ports = serde_json::json!({ "spec": { "ports": service.object.pointer("/spec/ports") } });
        let services = self.children(namespace, service.kind);
        let replaced = services.patch(&service.name, &merging(), &Patch::Merge(&ports)).await;
        replaced.map(drop).map_err(failed("replace the ports of", "Service", &service.name))
    }

    /// The child of that name, where there is one.
    ///
    /// # Errors
    /// The API server refuses or does not answer.
    pub async fn child(&self, namespace: &str, kind: ChildKind, name: &str) -> Result<Option<Live>, ClusterError> {
        let [_, _, kind_name, _] = kind.names();
        let api = Api::<Live>::namespaced_with(self.client.clone(), namespace, &kind.resource());
        api.get_opt(name).await.map_err(failed("get", kind_name, name))
    }

    /// Deletes a child and what it owns, if it is still the one that was seen.
    ///
    /// # Errors
    /// As [`Cluster::apply`]; that it is gone already, or another by now, is none.
    pub async fn delete(&self, namespace: &str, doomed: &Doomed) -> Result<(), ClusterError> {
        self.delete_with(namespace, doomed, DeleteParams::background()).await
    }

    /// Deletes a child alone, if it is still the one that was seen; what it owns stays and has no owner.
    ///
    /// # Errors
    /// As [`Cluster::delete`].
    pub async fn delete_orphaning(&self, namespace: &str, doomed: &Doomed) -> Result<(), ClusterError> {
        self.delete_with(namespace, doomed, DeleteParams::orphan()).await
    }

    async fn delete_with(&self, namespace: &str, doomed: &Doomed, params: DeleteParams) -> Result<(), ClusterError> {
        self.gate.pass()?;
        let [_, _, kind, _] = doomed.kind.names();
        let params = DeleteParams {
            preconditions: Some(Preconditions { uid: Some(doomed.uid.clone()), resource_version: None }),
            ..params
        };
        match self.children(namespace, doomed.kind).delete(&doomed.name, &params).await {
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
            deleted => deleted.map(drop).map_err(failed("delete", kind, &doomed.name)),
        }
    }

    /// Lets a claim grow. Nothing else of it is written.
    ///
    /// # Errors
    /// As [`Cluster::apply`]; its storage class may not allow it. That the claim is gone is none.
    pub async fn grow(&self, namespace: &str, claim: &Growing) -> Result<(), ClusterError> {
        self.gate.pass()?;
        let api = Api::<PersistentVolumeClaim>::namespaced(self.client.clone(), namespace);
        let size = serde_json::json!({ "spec": { "resources": { "requests": { "storage": claim.size } } } });
        match api.patch_metadata(&claim.name, &merging(), &Patch::Merge(&size)).await {
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            grown => grown.map(drop).map_err(failed("grow", "PersistentVolumeClaim", &claim.name)),
        }
    }

    /// Writes the status of a custom resource.
    ///
    /// # Errors
    /// As [`Cluster::apply`]; that the resource is gone is none.
    pub async fn write_status<K>(
        &self,
        namespace: &str,
        name: &str,
        status: &impl Serialize,
    ) -> Result<(), ClusterError>
    where
        K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
    {
        self.gate.pass()?;
        let resource = ApiResource::erase::<K>(&());
        let object = serde_json::json!({
            "apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": name}, "status": status,
        });
        let api = Api::<DynamicObject>::namespaced_with(self.client.clone(), namespace, &resource);
        let params = PatchParams::apply(STATUS_MANAGER).force();
        match api.patch_status(name, &params, &Patch::Apply(&object)).await {
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            written => written.map(drop).map_err(failed("write the status of", "custom resource", name)),
        }
    }

    /// A Secret by its name.
    ///
    /// # Errors
    /// The API server refuses or does not answer.
    pub async fn secret(&self, namespace: &str, name: &str) -> Result<Option<Secret>, ClusterError> {
        let api = Api::<Secret>::namespaced(self.client.clone(), namespace);
        api.get_opt(name).await.map_err(failed("get", "Secret", name))
    }

    /// A ConfigMap by its name, whoever made it.
    ///
    /// # Errors
    /// The API server refuses or does not answer.
    pub async fn config_map(&self, namespace: &str, name: &str) -> Result<Option<ConfigMap>, ClusterError> {
        let api = Api::<ConfigMap>::namespaced(self.client.clone(), namespace);
        api.get_opt(name).await.map_err(failed("get", "ConfigMap", name))
    }

    /// Whether there is a storage class of that name. `None` where the operator may not look.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn has_storage_class(&self, name: &str) -> Result<Option<bool>, ClusterError> {
        match Api::<StorageClass>::all(self.client.clone()).get_metadata_opt(name).await {
            Err(kube::Error::Api(status)) if status.code == 403 => Ok(None),
            found => Ok(Some(found.map_err(failed("get", "StorageClass", name))?.is_some())),
        }
    }

    /// Makes a Secret where there is none of its name; one that is there stays as it is.
    ///
    /// # Errors
    /// As [`Cluster::apply`].
    pub async fn create_secret(&self, namespace: &str, secret: &Secret) -> Result<Secret, ClusterError> {
        self.gate.pass()?;
        let name = secret.metadata.name.clone().unwrap_or_default();
        let api = Api::<Secret>::namespaced(self.client.clone(), namespace);
        let params = PostParams { field_manager: Some(SPEC_MANAGER.to_owned()), ..PostParams::default() };
        match api.create(&params, secret).await {
            Err(kube::Error::Api(status)) if status.code == 409 => {
                api.get(&name).await.map_err(failed("get", "Secret", &name))
            }
            created => created.map_err(failed("create", "Secret", &name)),
        }
    }

    /// Says whom a Secret goes with, if it is still in the version that was seen. Its content is neither written nor read.
    ///
    /// # Errors
    /// As [`Cluster::apply`]; somebody changed it meanwhile.
    pub async fn own_secret(
        &self,
        namespace: &str,
        secret: &Secret,
        owners: &[OwnerReference],
    ) -> Result<(), ClusterError> {
        self.gate.pass()?;
        let (name, version) = (secret.name_any(), secret.resource_version());
        let owned = serde_json::json!({ "metadata": { "resourceVersion": version, "ownerReferences": owners } });
        let api = Api::<Secret>::namespaced(self.client.clone(), namespace);
        let patched = api.patch_metadata(&name, &merging(), &Patch::Merge(&owned)).await;
        patched.map(drop).map_err(failed("change the owners of", "Secret", &name))
    }

    /// Writes one key of a Secret, if it is still in the version that was seen. Returns the Secret as it is then.
    ///
    /// # Errors
    /// As [`Cluster::apply`]; somebody changed it meanwhile.
    pub async fn write_key(
        &self,
        namespace: &str,
        secret: &Secret,
        key: &str,
        text: &str,
    ) -> Result<Secret, ClusterError> {
        self.gate.pass()?;
        let (name, version) = (secret.name_any(), secret.resource_version());
        let written = serde_json::json!({ "metadata": { "resourceVersion": version }, "stringData": { key: text } });
        let api = Api::<Secret>::namespaced(self.client.clone(), namespace);
        let patched = api.patch(&name, &merging(), &Patch::Merge(&written)).await;
        patched.map_err(failed("write a key of", "Secret", &name))
    }

    fn children(&self, namespace: &str, kind: ChildKind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &kind.resource())
    }
}

/// How many pods a workload is to have.
fn replicas(workload: &DynamicObject) -> i64 {
    workload.data.pointer("/spec/replicas").and_then(serde_json::Value::as_i64).unwrap_or_default()
}

/// Whether somebody else than the operator's own rendering has said how many pods there are.
fn chooses_replicas(entry: &ManagedFieldsEntry) -> bool {
    let fields = entry.fields_v1.as_ref().map(|FieldsV1(fields)| fields);
    let has_replicas = fields.is_some_and(|fields| fields.pointer("/f:spec/f:replicas").is_some());
    has_replicas && entry.manager.as_deref() != Some(SPEC_MANAGER)
}

/// Changes the fields that are named, as the one who owns them.
fn merging() -> PatchParams {
    PatchParams { field_manager: Some(SPEC_MANAGER.to_owned()), ..PatchParams::default() }
}

fn failed(verb: &'static str, kind: &'static str, name: &str) -> impl FnOnce(kube::Error) -> ClusterError {
    let name = name.to_owned();
    move |source| ClusterError::Api { verb, kind, name, source: Box::new(source) }
}

/// The texts of a Secret by their keys, as far as they are texts.
pub(crate) fn texts(secret: &Secret) -> BTreeMap<String, String> {
    let values = secret.data.iter().flatten();
    values.filter_map(|(key, ByteString(bytes))| Some((key.clone(), String::from_utf8(bytes.clone()).ok()?))).collect()
}
