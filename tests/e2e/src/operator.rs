//! The real operator as a process, with the rights that the chart gives it in one namespace.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, ensure};
use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use kube::{
    Api,
    api::PostParams,
    config::{AuthInfo, Kubeconfig},
};
use photo_stack::{
    role::{Role, RolePorts},
    stack::bin_folder,
};
use serde_json::json;

use crate::{api_server::ApiServer, data_plane::DataPlane, patience::until, program::Answer};

/// How the chart's roles were rendered last, with a namespace that is watched and the operator's own.
const ROLES: &str = "charts/photo-platform-operator/tests/golden/namespaced.yaml";
/// The same with the right to look at storage classes.
const WITH_CLASSES: &str = "charts/photo-platform-operator/tests/golden/cluster.yaml";
const WATCHED: &str = "namespace: team-a";
const OWN: &str = "namespace: photos-system";

/// An operator of one namespace, not started yet: what it is called and whom it talks to.
#[derive(Debug, Clone, Copy)]
pub struct Replica<'a> {
    /// Its name in the Lease.
    pub name: &'a str,
    /// The namespace that it looks after, which is also that of its Lease.
    pub namespace: &'a str,
    /// The platforms' processes.
    pub data_plane: &'a DataPlane,
    /// Something before the API server that takes its place: the URL.
    pub in_between: Option<&'a str>,
    /// Where its log and its kubeconfig are.
    pub folder: &'a Path,
}

impl Replica<'_> {
    /// Who it is for the API server.
    pub fn user(&self) -> String {
        user(self.namespace, self.name)
    }

    /// The operator; `start` starts it.
    ///
    /// # Errors
    /// It was not built, or its kubeconfig can't be written.
    pub fn prepared(&self, server: &ApiServer) -> anyhow::Result<Role> {
        let mut command = Command::new(bin_folder()?.join("photo-operator"));
        let images = ["gateway", "worker", "redis", "object-store"];
        command.arg("run").env("KUBECONFIG", self.kubeconfig(server)?);
        for image in images {
            command.args([format!("--image-{image}"), format!("example.org/{image}:1")]);
        }
        command
            .args(["--watch-namespaces", self.namespace, "--pod-namespace", self.namespace, "--pod-name", self.name])
            .args(["--probe-address", &self.data_plane.probe_address()])
            .args(["--storage-address", &self.data_plane.storage_address()]);
        Role::new(self.name, command, RolePorts::free()?, self.folder)
    }

    /// The kubeconfig of the API server, but for this replica.
    fn kubeconfig(&self, server: &ApiServer) -> anyhow::Result<std::path::PathBuf> {
        let mut config = Kubeconfig::read_from(&server.kubeconfig)?;
        let identity = config.auth_infos.iter_mut().find_map(|named| named.auth_info.as_mut());
        let identity = identity.context("the kubeconfig has no user")?;
        if let Some(url) = self.in_between {
            // It has the certificate itself.
            *identity = AuthInfo::default();
            let cluster = config.clusters.iter_mut().find_map(|named| named.cluster.as_mut());
            let cluster = cluster.context("the kubeconfig has no cluster")?;
            cluster.server = Some(url.to_owned());
            cluster.certificate_authority_data = None;
        }
        identity.impersonate = Some(self.user());
        identity.impersonate_groups = Some(vec![group(self.namespace)]);
        let path = self.folder.join(format!("{}.kubeconfig", self.name));
        fs::write(&path, serde_json::to_vec(&config)?)?;
        Ok(path)
    }
}

/// Who the replica of that name is for the API server.
pub fn user(namespace: &str, replica: &str) -> String {
    format!("operator:{namespace}:{replica}")
}

fn group(namespace: &str) -> String {
    format!("operators:{namespace}")
}

/// How often an operator reconciled objects of that kind well, such as `PhotoPlatform`.
///
/// # Errors
/// It does not answer.
pub async fn reconciles(operator: &Role, kind: &str) -> anyhow::Result<u64> {
    let series = format!("photo_operator_reconciles_total{{kind=\"{kind}\",outcome=\"success\"}}");
    operator.metric(&series).await
}

/// Gives all operators of a namespace the rights that the chart gives them there, and no other.
///
/// # Errors
/// The API server does not take the chart's roles.
pub async fn grant(server: &ApiServer, namespace: &str) -> anyhow::Result<()> {
    let rendered = golden(ROLES)?;
    let is_role = |text: &&str| text.contains("\nkind: Role\n") && (text.contains(WATCHED) || text.contains(OWN));
    let here = format!("namespace: {namespace}");
    let mut documents: Vec<String> =
        rendered.split("\n---").filter(is_role).map(|text| text.replace(WATCHED, &here).replace(OWN, &here)).collect();
    ensure!(documents.len() == 2, "{ROLES} has {} roles for a namespace and a Lease", documents.len());
    let names = documents.iter().filter_map(|text| text.lines().find_map(|line| line.strip_prefix("  name: ")));
    let bindings = names.map(|name| {
        let api = "rbac.authorization.k8s.io";
        json!({
            "apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": api, "kind": "Role", "name": name},
            "subjects": [{"apiGroup": api, "kind": "Group", "name": group(namespace)}],
        })
    });
    let bindings: Vec<String> = bindings.map(|binding| binding.to_string()).collect();
    documents.extend(bindings);
    documents.extend(storage_classes(namespace)?);
    let Answer { ok, text } =
        server.kubectl().run_in(namespace, &["apply", "-f", "-"], &documents.join("\n---\n")).await?;
    ensure!(ok, "the chart's roles are not taken: {text}");
    for resource in ["leases", "secrets"] {
        let what = format!("operators of {namespace} may make {resource}");
        until(&what, async || may_create(server, namespace, resource).await.unwrap_or(false).then_some(())).await;
    }
    Ok(())
}

fn golden(path: &str) -> anyhow::Result<String> {
    let path = Path::new(env!("REPOSITORY")).join(path);
    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
}

/// The chart's right to look at storage classes, which belong to no namespace.
fn storage_classes(namespace: &str) -> anyhow::Result<[String; 2]> {
    let rendered = golden(WITH_CLASSES)?;
    let role =
        rendered.split("\n---").find(|text| text.contains("\nkind: ClusterRole\n") && text.contains("storageclasses"));
    let role = role.context("the chart has no role for storage classes")?;
    let named = role.lines().find(|line| line.starts_with("  name: ")).context("a role has no name")?;
    // Tests run side by side, and these belong to no namespace.
    let name = format!("storage-classes-{namespace}");
    let role = role.replace(named, &format!("  name: {name}"));
    let api = "rbac.authorization.k8s.io";
    let binding = json!({
        "apiVersion": format!("{api}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": api, "kind": "Group", "name": group(namespace)}],
    });
    Ok([role, binding.to_string()])
}

/// The API server learns of rights a moment after they were written.
async fn may_create(server: &ApiServer, namespace: &str, resource: &str) -> anyhow::Result<bool> {
    let kind = if resource == "leases" { "coordination.k8s.io" } else { "" };
    let review: SubjectAccessReview = serde_json::from_value(json!({"spec": {
        "user": "anybody", "groups": [group(namespace)],
        "resourceAttributes": {"namespace": namespace, "verb": "create", "group": kind, "resource": resource},
    }}))?;
    let reviewed =
        Api::<SubjectAccessReview>::all(server.client.clone()).create(&PostParams::default(), &review).await?;
    Ok(reviewed.status.is_some_and(|status| status.allowed))
}
