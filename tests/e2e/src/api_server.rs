//! A real API server with etcd, the controllers of workloads, namespaces and garbage, and both custom resource
//! definitions, on loopback: one for each process of tests. It ends when the process has ended, whatever ended it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, bail, ensure};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client, Config,
    api::{ObjectMeta, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use photo_stack::process::memory_of;
use tokio::{process::Command, sync::OnceCell};

use crate::{kubectl::Kubectl, program::Answer};

/// Without scheduler and kubelet: pods are made and nobody runs them, see [`crate::kubelet::Kubelet`].
const CONTROLLERS: &str = "--controllers=garbage-collector-controller,namespace-controller,deployment-controller,\
                           replicaset-controller,statefulset-controller,persistentvolumeclaim-protection-controller";

static STARTED: OnceCell<Started> = OnceCell::const_new();

#[derive(Debug, Clone)]
struct Started {
    kubeconfig: PathBuf,
    audit_log: PathBuf,
}

/// An API server that knows both kinds.
pub struct ApiServer {
    /// How it is reached, with all rights.
    pub kubeconfig: PathBuf,
    /// What it was asked: an object of JSON per line, at the level `Metadata`.
    pub audit_log: PathBuf,
    /// A client with all rights, on the runtime of the caller.
    pub client: Client,
}

impl ApiServer {
    /// The server of this process, started by whoever asks first; about 5 s.
    ///
    /// # Errors
    /// It can't be started; the text says what is missing.
    pub async fn start() -> anyhow::Result<Self> {
        let Started { kubeconfig, audit_log } = STARTED.get_or_try_init(start).await?.clone();
        let read = Kubeconfig::read_from(&kubeconfig)?;
        let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await?;
        // A client's tasks belong to the runtime that made it, and every test has its own.
        let client = Client::try_from(config)?;
        Ok(Self { kubeconfig, audit_log, client })
    }

    /// A new namespace, for one test alone.
    ///
    /// # Errors
    /// The server does not make it.
    pub async fn namespace(&self) -> anyhow::Result<String> {
        let metadata = ObjectMeta { generate_name: Some("test-".to_owned()), ..ObjectMeta::default() };
        let namespace = Namespace { metadata, ..Namespace::default() };
        let made = Api::<Namespace>::all(self.client.clone()).create(&PostParams::default(), &namespace).await?;
        made.metadata.name.context("the namespace has no name")
    }

    /// The memory that the controller manager has resident, in bytes.
    ///
    /// # Errors
    /// It does not run.
    pub fn controllers_rss_bytes(&self) -> anyhow::Result<u64> {
        let file = self.kubeconfig.with_file_name("run").join("controllers.pid");
        let pid = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        memory_of(pid.trim(), "VmRSS").context("the controller manager has ended")
    }

    /// kubectl for this server.
    pub fn kubectl(&self) -> Kubectl {
        Kubectl::new(self.kubeconfig.clone())
    }
}

async fn start() -> anyhow::Result<Started> {
    let folder = tempfile::Builder::new().prefix("photo-api-").tempdir()?.keep();
    let script = Path::new(env!("REPOSITORY")).join("tests/e2e/cluster/cluster");
    let output = Command::new(&script)
        .args(["api", "--audit", CONTROLLERS, "--while", &std::process::id().to_string()])
        .env("CLUSTER_DIR", &folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .with_context(|| format!("can't start {}", script.display()))?;
    ensure!(output.status.success(), "the API server did not start: {}", output.status);
    let told = String::from_utf8(output.stdout)?;
    let value = |name: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(PathBuf::from).with_context(|| format!("the cluster did not tell {name}: {told}"))
    };
    let started = Started { kubeconfig: value("KUBECONFIG")?, audit_log: value("AUDIT_LOG")? };
    install_definitions(&Kubectl::new(started.kubeconfig.clone())).await?;
    Ok(started)
}

async fn install_definitions(kubectl: &Kubectl) -> anyhow::Result<()> {
    let crds = Path::new(env!("REPOSITORY")).join("crds");
    let crds = crds.to_str().context("the path of crds/ is no text")?;
    let kinds = ["crd/photoplatforms.photoplatform.io", "crd/processingpipelines.photoplatform.io"];
    // Client-side: the definitions must fit into the annotation that it writes.
    for arguments in [vec!["apply", "-f", crds], [vec!["wait", "--for=condition=Established"], kinds.into()].concat()] {
        if let Answer { ok: false, text } = kubectl.run(&arguments, "").await? {
            bail!("the definitions in crds/ are not taken: {text}");
        }
    }
    Ok(())
}
