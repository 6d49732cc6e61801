//! Where the operator is measured: a namespace of its own with a kubelet and the platforms' processes, and the documents
//! that are applied there.

use std::{fs, path::Path};

use anyhow::Context;
use kube::{
    Api,
    api::{ApiResource, DynamicObject, PostParams},
    core::GroupVersionKind,
};
use photo_e2e::{
    api_server::ApiServer,
    audit::AuditLog,
    data_plane::DataPlane,
    kubelet::Kubelet,
    operator::{self, Replica},
    patience::until,
};
use photo_stack::role::Role;
use tempfile::TempDir;

/// A namespace that an operator may look after.
pub(crate) struct Site {
    pub(crate) server: ApiServer,
    pub(crate) namespace: String,
    data_plane: DataPlane,
    folder: TempDir,
    _kubelet: Kubelet,
}

/// The sample that everybody begins with: a platform that runs all of its parts, and its pipeline.
#[derive(Debug, Clone)]
pub(crate) struct Quickstart {
    platform: DynamicObject,
    pipeline: DynamicObject,
}

impl Quickstart {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let path = Path::new(env!("REPOSITORY")).join("config/samples/quickstart.yaml");
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let (platform, pipeline) = text.split_once("\n---\n").context("the sample has one document")?;
        Ok(Self { platform: serde_saphyr::from_str(platform)?, pipeline: serde_saphyr::from_str(pipeline)? })
    }

    /// The platform under another name.
    pub(crate) fn platform(&self, name: &str) -> DynamicObject {
        let mut platform = self.platform.clone();
        platform.metadata.name = Some(name.to_owned());
        platform
    }

    /// The pipeline under another name, of the platform of that name.
    pub(crate) fn pipeline(&self, name: &str, platform: &str) -> DynamicObject {
        let mut pipeline = self.pipeline.clone();
        pipeline.metadata.name = Some(name.to_owned());
        if let Some(reference) = pipeline.data.pointer_mut("/spec/platformRef/name") {
            *reference = platform.into();
        }
        pipeline
    }
}

impl Site {
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let server = ApiServer::start().await?;
        let namespace = server.namespace().await?;
        operator::grant(&server, &namespace).await?;
        Ok(Self {
            _kubelet: Kubelet::start(server.client.clone(), &namespace),
            data_plane: DataPlane::start().await?,
            folder: tempfile::tempdir()?,
            server,
            namespace,
        })
    }

    /// A replica of the operator, not started yet.
    pub(crate) fn operator(&self, name: &str) -> anyhow::Result<Role> {
        let (namespace, folder) = (self.namespace.as_str(), self.folder.path());
        Replica { name, namespace, data_plane: &self.data_plane, in_between: None, folder }.prepared(&self.server)
    }

    /// Who that replica is for the API server.
    pub(crate) fn user(&self, replica: &str) -> String {
        operator::user(&self.namespace, replica)
    }

    /// What is asked of the API server from now on.
    pub(crate) fn log(&self) -> anyhow::Result<AuditLog> {
        AuditLog::from_now(&self.server.audit_log)
    }

    pub(crate) fn platforms(&self) -> Api<DynamicObject> {
        self.custom("PhotoPlatform", "photoplatforms")
    }

    pub(crate) fn pipelines(&self) -> Api<DynamicObject> {
        self.custom("ProcessingPipeline", "processingpipelines")
    }

    fn custom(&self, kind: &str, plural: &str) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk("photoplatform.io", "v1alpha1", kind);
        let resource = ApiResource::from_gvk_with_plural(&kind, plural);
        Api::namespaced_with(self.server.client.clone(), &self.namespace, &resource)
    }

    /// Makes a platform and waits until it is ready.
    pub(crate) async fn ready_platform(&self, platform: &DynamicObject) -> anyhow::Result<()> {
        let platforms = self.platforms();
        let name = platforms.create(&PostParams::default(), platform).await?.metadata.name.unwrap_or_default();
        let ready = async || platforms.get(&name).await.is_ok_and(|found| is_ready(&found)).then_some(());
        until(&format!("the platform {name} is ready"), ready).await;
        Ok(())
    }
}

/// Whether a custom resource says that it is ready.
pub(crate) fn is_ready(object: &DynamicObject) -> bool {
    let conditions = object.data.pointer("/status/conditions").and_then(|found| found.as_array());
    conditions.into_iter().flatten().any(|found| found["type"] == "Ready" && found["status"] == "True")
}

/// Whether its scaling is told, by a scaler that looks beside the reconcilers.
pub(crate) fn is_scaling_told(object: &DynamicObject) -> bool {
    // Of a platform those of its events role and of its storage role.
    let wanted = if object.data.pointer("/spec/platformRef").is_some() { 1 } else { 2 };
    let told = object.data.pointer("/status/scaling/recommendations").and_then(|told| told.as_array());
    told.is_some_and(|told| told.len() == wanted)
}

pub(crate) async fn leads(replica: &Role) -> bool {
    replica.metric("photo_operator_leading").await.is_ok_and(|leading| leading == 1)
}

pub(crate) async fn until_leading(replica: &Role) {
    until("the operator leads", async || leads(replica).await.then_some(())).await;
}
