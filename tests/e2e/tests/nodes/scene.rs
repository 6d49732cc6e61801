//! What the tests are made of: a cluster with the operator, platforms in namespaces of their own, photos.

use std::{env, fs, path::Path, path::PathBuf, time::Duration};

use photo_core::photo::PhotoStatus;
use photo_e2e::{
    forward::Forward,
    helm::{CHART, helm},
    kubectl::Kubectl,
    patience::until,
};
use photo_stack::{
    keys::Keys,
    photos::{PhotoView, Photos},
};
use serde_json::Value;
use tokio::sync::OnceCell;

/// Where the operator is.
pub(crate) const OPERATOR_NAMESPACE: &str = "photos-system";
/// The name of its release, and so of its objects.
pub(crate) const RELEASE: &str = "photo-platform-operator";
/// Where the operator logs what it saw of queues and workers, and what it decided. It is silent unless it is asked.
pub(crate) const OBSERVATIONS: &str = "photo_operator::observations";
const WAIT: &str = "--timeout=180s";

static INSTALLED: OnceCell<()> = OnceCell::const_new();

/// The cluster of `KUBECONFIG`.
pub(crate) fn cluster() -> Kubectl {
    Kubectl::new(PathBuf::from(env::var_os("KUBECONFIG").expect("KUBECONFIG names no cluster: run `make e2e`")))
}

/// A namespace that takes only restricted pods.
pub(crate) async fn restricted_namespace(kubectl: &Kubectl, name: &str) {
    let namespace = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n    \
         pod-security.kubernetes.io/enforce: restricted\n"
    );
    kubectl.run(&["apply", "-f", "-"], &namespace).await.unwrap().done().unwrap();
}

/// The cluster with the operator, installed from the chart as its README says by whichever test comes first, and by those
/// after one that uninstalled it.
async fn cluster_with_operator() -> Kubectl {
    let kubectl = cluster();
    INSTALLED.get_or_init(async || install(&kubectl).await).await;
    if !helm(&kubectl, &["status", RELEASE, "--namespace", OPERATOR_NAMESPACE]).await.unwrap().ok {
        install(&kubectl).await;
    }
    kubectl
}

/// Installs the chart, or brings what is installed to it.
pub(crate) async fn install(kubectl: &Kubectl) {
    restricted_namespace(kubectl, OPERATOR_NAMESPACE).await;
    // Helm takes a comma for the next value.
    let level = format!(r"logging.level=info\,{OBSERVATIONS}=debug");
    let arguments = ["upgrade", "--install", RELEASE, CHART, "--namespace", OPERATOR_NAMESPACE, "--set", &level];
    let arguments = [&arguments[..], &["--wait", "--timeout", "180s"]].concat();
    helm(kubectl, &arguments).await.unwrap().done().unwrap();
}

/// A file of `config/samples`.
pub(crate) fn sample(name: &str) -> String {
    fs::read_to_string(samples().join(name)).unwrap()
}

fn samples() -> PathBuf {
    Path::new(env!("REPOSITORY")).join("config/samples")
}

/// A photo that is fine.
pub(crate) fn photo_path() -> PathBuf {
    samples().join("photos/dandelions-progressive.jpg")
}

/// Its bytes.
pub(crate) fn photo_bytes() -> Vec<u8> {
    fs::read(photo_path()).unwrap()
}

/// The photo once it has ended, which must be well.
pub(crate) async fn completed(photos: &Photos, photo: PhotoView) -> PhotoView {
    let photo =
        until("the photo ends", async || photos.photo(photo.id).await.ok().filter(|photo| photo.status.is_terminal()))
            .await;
    assert_eq!(photo.status, PhotoStatus::Completed, "{photo:?}");
    photo
}

/// A namespace with what was applied to it.
pub(crate) struct Place {
    /// The cluster.
    pub(crate) kubectl: Kubectl,
    /// The namespace.
    pub(crate) namespace: String,
}

impl Place {
    /// A new namespace called so, where nothing is yet.
    pub(crate) async fn new(namespace: &str) -> Self {
        let kubectl = cluster_with_operator().await;
        restricted_namespace(&kubectl, namespace).await;
        Self { kubectl, namespace: namespace.to_owned() }
    }

    /// The quickstart in a new namespace, ready.
    pub(crate) async fn quickstart(namespace: &str) -> Self {
        let place = Self::new(namespace).await;
        place.apply(&sample("quickstart.yaml")).await;
        place.ready().await;
        place
    }

    /// What kubectl says; it has to do what it is asked to.
    pub(crate) async fn kubectl(&self, arguments: &[&str]) -> String {
        self.kubectl.run_in(&self.namespace, arguments, "").await.unwrap().done().unwrap()
    }

    /// Applies documents.
    pub(crate) async fn apply(&self, documents: &str) {
        self.kubectl.run_in(&self.namespace, &["apply", "-f", "-"], documents).await.unwrap().done().unwrap();
    }

    /// Changes a custom resource by a merge patch.
    pub(crate) async fn patch(&self, object: &str, patch: &str) {
        self.kubectl(&["patch", object, "--type", "merge", "--patch", patch]).await;
    }

    /// Waits until the quickstart and its pipeline are ready.
    pub(crate) async fn ready(&self) {
        for object in ["photoplatform/quickstart", "processingpipeline/full-processing"] {
            self.kubectl(&["wait", "--for=condition=Ready", object, WAIT]).await;
        }
    }

    /// Waits until the condition of the platform is so, with that reason, and returns its message.
    pub(crate) async fn reason(&self, condition: &str, status: &str, reason: &str) -> String {
        self.told("photoplatform/quickstart", condition, status, reason).await
    }

    /// The same of any object.
    pub(crate) async fn told(&self, object: &str, condition: &str, status: &str, reason: &str) -> String {
        let what = format!("{condition} of {object} is {status} for {reason}");
        until(&what, async || {
            let object = self.object(object).await;
            let found = object["status"]["conditions"].as_array()?.iter().find(|found| found["type"] == condition)?;
            let is_so = found["status"] == status && found["reason"] == reason;
            is_so.then(|| found["message"].as_str().unwrap().to_owned())
        })
        .await
    }

    /// An object as it is.
    pub(crate) async fn object(&self, name: &str) -> Value {
        serde_json::from_str(&self.kubectl(&["get", name, "-o", "json"]).await).unwrap()
    }

    /// The names of the pods that are there, sorted.
    pub(crate) async fn pods(&self) -> Vec<String> {
        let names = self.kubectl(&["get", "pods", "-o", "jsonpath={.items[*].metadata.name}"]).await;
        let mut names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
        names.sort();
        names
    }

    /// The gateway, and a token of a user there.
    pub(crate) async fn gateway(&self) -> (Forward, String) {
        until("the gateway is reached", async || self.try_gateway().await).await
    }

    /// The same, where a pod of the gateway is ready just now.
    pub(crate) async fn try_gateway(&self) -> Option<(Forward, String)> {
        let template = "go-template={{.data.secret | base64decode}}";
        let keys = Keys {
            user: self.kubectl(&["get", "secret", "quickstart-jwt", "-o", template]).await,
            role: String::new(),
        };
        let token = keys.user_token("alice", Duration::from_hours(1)).unwrap();
        let forward = Forward::to(&self.kubectl, &self.namespace, "service/quickstart-gateway", 3000).await.ok()?;
        Some((forward, token))
    }

    /// Sends a photo through and returns how it ended.
    pub(crate) async fn photo_goes_through(&self) -> PhotoView {
        let (gateway, token) = self.gateway().await;
        let photos = Photos::new(&gateway.url(), &token).unwrap();
        let photo = photos.upload("dandelions.jpg", photo_bytes()).await.unwrap();
        completed(&photos, photo).await
    }

    /// Deletes the namespace with all that is in it and waits until it is gone.
    pub(crate) async fn gone(self) {
        self.kubectl.run(&["delete", "namespace", &self.namespace, WAIT], "").await.unwrap().done().unwrap();
    }
}
