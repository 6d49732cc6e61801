//! A managed object store: MinIO, one pod with a volume.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::PlatformInput;
use crate::{
    api::ManagedObjectStore,
    children::{NotRendered, Rendered},
    names::{Component, GeneratedSecret, port},
    pod::{Defaults, Ending, Environment, Files, Pod, Port, Probes, Scratch, SecretFile, fitted},
    secrets::key,
    workload::{self, PodVolume},
};

const COMPONENT: Component = Component::Store;
const HTTP: Port = Port::http(port::STORE);
const VOLUME: &str = "objects";
const FOLDER: &str = "/data";
const START_SECONDS: i32 = 300;

pub(super) fn children(input: &PlatformInput, store: &ManagedObjectStore) -> Result<Vec<Rendered>, NotRendered> {
    let (family, ground) = (input.family(), input.ground());
    let volume = PodVolume { name: VOLUME, storage: &store.storage, deletion: input.spec.deletion_policy };
    Ok(vec![
        workload::service_account(&family, COMPONENT)?,
        workload::stable_address(&family, COMPONENT, HTTP, None)?,
        workload::pods_address(&family, COMPONENT, HTTP)?,
        workload::stateful_set(&ground, input.runs(), pod(input, store)?, volume)?,
    ])
}

fn pod(input: &PlatformInput, store: &ManagedObjectStore) -> Result<Pod, NotRendered> {
    let secret = GeneratedSecret::Store.of(input.name);
    let access = SecretFile::required(&secret, key::ACCESS, "store/access-key");
    let private = SecretFile::required(&secret, key::SECRET, "store/secret-key");
    // No console, and nobody outside of the platform is asked for anything.
    let environment = Environment::default()
        .with_file("MINIO_ROOT_USER_FILE", &access)
        .with_file("MINIO_ROOT_PASSWORD_FILE", &private)
        .with("MINIO_BROWSER", "off")
        .with("MINIO_UPDATE", "off");
    // It makes a folder for certificates at its start, which it would else try beside the image's files.
    let scratch = Scratch { name: "scratch", folder: "/tmp", size: Quantity("16Mi".to_owned()) };
    let arguments = ["server", FOLDER, "--address", &format!(":{}", port::STORE), "--certs-dir", "/tmp/certs"];
    Ok(Pod {
        component: COMPONENT,
        image: input.image(COMPONENT),
        command: &[],
        arguments: arguments.map(str::to_owned).into(),
        environment,
        ports: vec![HTTP],
        resources: fitted(store.resources.as_ref(), &Defaults::of("100m", "256Mi", "1Gi"))?,
        probes: Probes::paths(HTTP, "/minio/health/live", "/minio/health/ready", START_SECONDS),
        files: Files {
            secrets: vec![access, private],
            config: None,
            marks: Vec::new(),
            scratch: vec![scratch],
            volume: Some((VOLUME, FOLDER)),
        },
        ending: Ending { grace_seconds: 30, lingers_seconds: None },
        is_replicated: false,
        overrides: store.pod_overrides.clone(),
    })
}
