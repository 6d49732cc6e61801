//! What the tests are made of: a namespace that enforces Pod Security `restricted`, a kubelet that makes pods ready, the
//! platforms' processes, and the operator.

use std::path::Path;

use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api,
    api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams},
    core::GroupVersionKind,
};
use photo_e2e::{
    api_server::ApiServer,
    contents::Contents,
    data_plane::DataPlane,
    kubectl::Kubectl,
    kubelet::Kubelet,
    operator::{self, Replica},
    patience::until,
    program::Answer,
};
use photo_stack::role::Role;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct Scene {
    pub(crate) server: ApiServer,
    pub(crate) kubectl: Kubectl,
    pub(crate) namespace: String,
    pub(crate) data_plane: DataPlane,
    folder: TempDir,
    _kubelet: Kubelet,
}

/// What kubectl calls a kind, and its group, version, kind and plural.
const KINDS: [(&str, [&str; 4]); 13] = [
    ("pplat", ["photoplatform.io", "v1alpha1", "PhotoPlatform", "photoplatforms"]),
    ("pipe", ["photoplatform.io", "v1alpha1", "ProcessingPipeline", "processingpipelines"]),
    ("pod", ["", "v1", "Pod", "pods"]),
    ("service", ["", "v1", "Service", "services"]),
    ("serviceaccount", ["", "v1", "ServiceAccount", "serviceaccounts"]),
    ("configmap", ["", "v1", "ConfigMap", "configmaps"]),
    ("secret", ["", "v1", "Secret", "secrets"]),
    ("deployment", ["apps", "v1", "Deployment", "deployments"]),
    ("statefulset", ["apps", "v1", "StatefulSet", "statefulsets"]),
    ("poddisruptionbudget", ["policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"]),
    ("hpa", ["autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"]),
    ("ingress", ["networking.k8s.io", "v1", "Ingress", "ingresses"]),
    ("networkpolicy", ["networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"]),
];

/// A condition of a custom resource: its status, its reason and its message.
pub(crate) type Said = (String, String, String);

impl Scene {
    /// A namespace without an operator.
    pub(crate) async fn new() -> Self {
        let server = ApiServer::start().await.unwrap();
        let (kubectl, namespace) = (server.kubectl(), server.namespace().await.unwrap());
        let restricted = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
        let namespaces = Api::<Namespace>::all(server.client.clone());
        namespaces.patch(&namespace, &PatchParams::default(), &Patch::Merge(restricted)).await.unwrap();
        operator::grant(&server, &namespace).await.unwrap();
        Self {
            kubectl,
            data_plane: DataPlane::start().await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
            _kubelet: Kubelet::start(server.client.clone(), &namespace),
            server,
            namespace,
        }
    }

    /// A namespace with an operator that runs.
    pub(crate) async fn with_operator() -> (Self, Role) {
        let scene = Self::new().await;
        let operator = scene.operator("first", None);
        operator.start().await.unwrap();
        (scene, operator)
    }

    /// A replica of the operator, not started yet.
    pub(crate) fn operator(&self, name: &str, in_between: Option<&str>) -> Role {
        let folder: &Path = self.folder.path();
        let replica = Replica { name, namespace: &self.namespace, data_plane: &self.data_plane, in_between, folder };
        replica.prepared(&self.server).unwrap()
    }

    /// Who that replica is for the API server.
    pub(crate) fn user(&self, replica: &str) -> String {
        operator::user(&self.namespace, replica)
    }

    /// kubectl in the namespace, which does what it is asked to.
    pub(crate) async fn run(&self, arguments: &[&str]) -> String {
        self.run_with(arguments, "").await
    }

    /// The same with this standard input.
    pub(crate) async fn run_with(&self, arguments: &[&str], input: &str) -> String {
        let Answer { ok, text } = self.kubectl.run_in(&self.namespace, arguments, input).await.unwrap();
        assert!(ok, "{arguments:?}: {text}");
        text
    }

    pub(crate) async fn apply(&self, documents: &str) {
        self.run_with(&["apply", "-f", "-"], documents).await;
    }

    /// The files of `config/samples` with these names.
    pub(crate) async fn apply_samples(&self, names: &[&str]) {
        for name in names {
            let path = format!("{}config/samples/{name}", env!("REPOSITORY"));
            self.run(&["apply", "-f", &path]).await;
        }
    }

    /// Merges a patch into an object, such as `pplat/photos`.
    pub(crate) async fn patch(&self, object: &str, patch: &Value) {
        let (kind, name) = object.split_once('/').unwrap();
        self.api(kind).patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
    }

    /// An object, where there is one.
    pub(crate) async fn object(&self, object: &str) -> Option<Value> {
        let (kind, name) = object.split_once('/').unwrap();
        let found = self.api(kind).get_opt(name).await.unwrap();
        found.map(|found| serde_json::to_value(found).unwrap())
    }

    /// The names of all objects of a kind, such as `pod`.
    pub(crate) async fn names(&self, kind: &str) -> Vec<String> {
        let found = self.api(kind).list(&ListParams::default()).await.unwrap();
        found.into_iter().filter_map(|object| object.metadata.name).collect()
    }

    /// Without kubectl, which takes a tenth of a second to start.
    fn api(&self, kind: &str) -> Api<DynamicObject> {
        let [group, version, kind, plural] = KINDS.iter().find(|(word, _)| *word == kind).unwrap().1;
        let resource = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural);
        Api::namespaced_with(self.server.client.clone(), &self.namespace, &resource)
    }

    /// An object that is there.
    pub(crate) async fn existing(&self, object: &str) -> Value {
        self.object(object).await.unwrap_or_else(|| panic!("there is no {object}"))
    }

    /// Waits until an object is there and `is` says yes.
    pub(crate) async fn until_object(&self, object: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let ask = async || self.object(object).await.filter(|found| is(found));
        until(&format!("{object}: {what}"), ask).await
    }

    pub(crate) async fn until_gone(&self, object: &str) {
        let ask = async || self.object(object).await.is_none().then_some(());
        until(&format!("{object} is gone"), ask).await;
    }

    /// A condition as it is now, where the resource has it.
    pub(crate) async fn condition(&self, object: &str, r#type: &str) -> Option<Said> {
        said(&self.object(object).await?, r#type)
    }

    /// Waits until a condition has this status and reason; its message.
    pub(crate) async fn until_condition(&self, object: &str, r#type: &str, wanted: (&str, &str)) -> String {
        let what = format!("{object} has {type} {wanted:?}");
        let last = std::sync::Mutex::new(None);
        let ask = async || {
            let found = self.condition(object, r#type).await;
            let message = found.as_ref().filter(|(status, reason, _)| (status.as_str(), reason.as_str()) == wanted);
            let message = message.map(|(_, _, message)| message.clone());
            *last.lock().unwrap() = found;
            message
        };
        until(&what, ask).await
    }

    /// kubectl waits until these are Ready.
    pub(crate) async fn until_ready(&self, objects: &[&str]) {
        let arguments = [&["wait", "--for=condition=Ready", "--timeout=120s"], objects].concat();
        self.run(&arguments).await;
    }

    pub(crate) async fn contents(&self) -> Contents {
        Contents::of(&self.server.client, &self.namespace).await.unwrap()
    }
}

/// Whether the status of a platform or a pipeline without autoscaling tells what the scaler found, of as many pods as there
/// are to be. It looks beside the reconcilers: what it tells comes when it comes.
pub(crate) fn is_scaling_told(object: &Value) -> bool {
    let recommendations = &object["status"]["scaling"]["recommendations"];
    if object["spec"]["platformRef"].is_null() {
        // The events role, which has two pods where nobody says how many, and the storage role.
        return recommendations[0]["current"] == 2 && recommendations[1]["component"] == "metadata";
    }
    let is_fresh = said(object, "MetricsFresh").is_some_and(|(status, ..)| status == "True");
    is_fresh && recommendations[0]["current"] == object["spec"]["replicas"]
}

/// A condition of an object.
pub(crate) fn said(object: &Value, r#type: &str) -> Option<Said> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    let found = conditions.iter().find(|condition| condition["type"] == r#type)?;
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    Some((text("status"), text("reason"), text("message")))
}

/// A platform called `photos` on a Redis and a store that others run, so that it has few children.
pub(crate) fn small_platform(changes: &Value) -> String {
    let mut spec = json!({
        "redis": {"external": {"host": "redis.example", "credentialsSecretRef": {"name": "redis-account"}}},
        "objectStore": {"external": {"endpoint": "https://s3.example", "credentialsSecretRef": {"name": "s3-account"}}},
    });
    merge(&mut spec, changes);
    let kind = json!({"apiVersion": "photoplatform.io/v1alpha1", "kind": "PhotoPlatform"});
    let mut platform = kind;
    merge(&mut platform, &json!({"metadata": {"name": "photos"}, "spec": spec}));
    platform.to_string()
}

/// The Secrets that it names.
pub(crate) fn accounts() -> String {
    let secret = |name: &str, values: Value| {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}).to_string()
    };
    let redis = secret("redis-account", json!({"username": "photos", "password": "a-password"}));
    let store = secret("s3-account", json!({"accessKey": "an-access-key", "secretKey": "a-secret-key"}));
    format!("{redis}\n---\n{store}")
}

/// A pipeline of the platform `photos`.
pub(crate) fn pipeline(name: &str, changes: &Value) -> String {
    let mut pipeline = json!({
        "apiVersion": "photoplatform.io/v1alpha1", "kind": "ProcessingPipeline", "metadata": {"name": name},
        "spec": {"platformRef": {"name": "photos"}, "stages": [{"name": "first", "type": "Metadata"}]},
    });
    merge(&mut pipeline["spec"], changes);
    pipeline.to_string()
}

/// All of it.
pub(crate) fn small_scene() -> String {
    let documents = [accounts(), small_platform(&json!({})), pipeline("thumbs", &json!({}))];
    documents.join("\n---\n")
}

fn merge(into: &mut Value, changes: &Value) {
    match (into, changes) {
        (Value::Object(into), Value::Object(changes)) => {
            for (name, change) in changes {
                merge(into.entry(name.clone()).or_insert(Value::Null), change);
            }
        }
        (into, changes) => *into = changes.clone(),
    }
}
