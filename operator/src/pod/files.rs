//! What a container reads and writes: Secrets, configuration, images, scratch space, its volume.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::{
    api::core::v1::{
        ConfigMapProjection, ConfigMapVolumeSource, EmptyDirVolumeSource, KeyToPath, ProjectedVolumeSource,
        SecretProjection, Volume, VolumeMount, VolumeProjection,
    },
    apimachinery::pkg::api::resource::Quantity,
};
use photo_core::pipeline::ConfigMapKeyRef;

/// Where Secrets are.
pub const SECRETS: &str = "/etc/photo/secrets";
/// Where the images of watermarks are: each in a folder of its ConfigMap's name, as a file of its key's.
pub const MARKS: &str = "/etc/photo/marks";
/// Readable by the process's user and group, by nobody else.
const SECRET_MODE: i32 = 0o440;
/// Configuration is no secret.
const CONFIG_MODE: i32 = 0o444;
const SECRETS_VOLUME: &str = "secrets";
const CONFIG_VOLUME: &str = "config";
const MARKS_VOLUME: &str = "marks";

/// One key of a Secret, as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// The Secret.
    pub secret: String,
    /// Its key.
    pub key: String,
    /// The file, below [`SECRETS`].
    pub path: &'static str,
    /// Whether the pod starts without it.
    pub is_optional: bool,
}

impl SecretFile {
    /// A file that must be there.
    pub fn required(secret: &str, key: &str, path: &'static str) -> Self {
        Self { secret: secret.to_owned(), key: key.to_owned(), path, is_optional: false }
    }

    /// A file that may be missing.
    pub fn optional(secret: &str, key: &str, path: &'static str) -> Self {
        Self { is_optional: true, ..Self::required(secret, key, path) }
    }
}

/// Where the file of that path is in the container.
pub fn secret_path(path: &str) -> String {
    format!("{SECRETS}/{path}")
}

/// A ConfigMap, as files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFiles {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: &'static str,
    /// The hash of its content, which the process reads once.
    pub hash: String,
}

/// Scratch space on the node's disk: gone with the pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Scratch {
    /// Its volume.
    pub name: &'static str,
    /// Its folder.
    pub folder: &'static str,
    /// A pod that writes more is ended.
    pub size: Quantity,
}

/// What a container reads and writes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Files {
    /// Secrets, each of their keys once.
    pub secrets: Vec<SecretFile>,
    /// Its configuration.
    pub config: Option<ConfigFiles>,
    /// Images of watermarks: each the key of a ConfigMap, and no other key of it.
    pub marks: Vec<ConfigMapKeyRef>,
    /// Scratch space.
    pub scratch: Vec<Scratch>,
    /// The name and folder of the volume of its StatefulSet.
    pub volume: Option<(&'static str, &'static str)>,
}

impl Files {
    /// The names of the Secrets.
    pub fn secret_names(&self) -> BTreeSet<&str> {
        self.secrets.iter().map(|file| file.secret.as_str()).collect()
    }

    /// The volumes of the pod, the StatefulSet's apart.
    pub fn volumes(&self) -> Option<Vec<Volume>> {
        let mut volumes = Vec::new();
        volumes.extend(self.config.as_ref().map(|config| Volume {
            name: CONFIG_VOLUME.to_owned(),
            config_map: Some(ConfigMapVolumeSource {
                name: config.name.clone(),
                default_mode: Some(CONFIG_MODE),
                ..ConfigMapVolumeSource::default()
            }),
            ..Volume::default()
        }));
        if !self.secrets.is_empty() {
            volumes.push(Volume {
                name: SECRETS_VOLUME.to_owned(),
                projected: Some(ProjectedVolumeSource {
                    default_mode: Some(SECRET_MODE),
                    sources: Some(self.projections()),
                }),
                ..Volume::default()
            });
        }
        if !self.marks.is_empty() {
            volumes.push(Volume {
                name: MARKS_VOLUME.to_owned(),
                projected: Some(ProjectedVolumeSource {
                    default_mode: Some(CONFIG_MODE),
                    sources: Some(self.mark_projections()),
                }),
                ..Volume::default()
            });
        }
        volumes.extend(self.scratch.iter().map(|scratch| Volume {
            name: scratch.name.to_owned(),
            empty_dir: Some(EmptyDirVolumeSource { size_limit: Some(scratch.size.clone()), medium: None }),
            ..Volume::default()
        }));
        (!volumes.is_empty()).then_some(volumes)
    }

    /// Where the container finds them. Only scratch and the StatefulSet's volume can be written.
    pub fn mounts(&self) -> Option<Vec<VolumeMount>> {
        let mount = |name: &str, folder: &str, is_read_only: bool| VolumeMount {
            name: name.to_owned(),
            mount_path: folder.to_owned(),
            read_only: is_read_only.then_some(true),
            ..VolumeMount::default()
        };
        let mut mounts = Vec::new();
        mounts.extend(self.config.as_ref().map(|config| mount(CONFIG_VOLUME, config.folder, true)));
        mounts.extend((!self.secrets.is_empty()).then(|| mount(SECRETS_VOLUME, SECRETS, true)));
        mounts.extend((!self.marks.is_empty()).then(|| mount(MARKS_VOLUME, MARKS, true)));
        mounts.extend(self.scratch.iter().map(|scratch| mount(scratch.name, scratch.folder, false)));
        mounts.extend(self.volume.map(|(name, folder)| mount(name, folder, false)));
        (!mounts.is_empty()).then_some(mounts)
    }

    /// One source per Secret, and one more for those of its keys that may be missing.
    fn projections(&self) -> Vec<VolumeProjection> {
        let mut items: BTreeMap<(&str, bool), Vec<KeyToPath>> = BTreeMap::new();
        for file in &self.secrets {
            let item = KeyToPath { key: file.key.clone(), path: file.path.to_owned(), mode: None };
            items.entry((&file.secret, file.is_optional)).or_default().push(item);
        }
        let source = |((name, is_optional), items): ((&str, bool), Vec<KeyToPath>)| VolumeProjection {
            secret: Some(SecretProjection {
                name: name.to_owned(),
                optional: is_optional.then_some(true),
                items: Some(items),
            }),
            ..VolumeProjection::default()
        };
        items.into_iter().map(source).collect()
    }
    /// One source per ConfigMap.
    fn mark_projections(&self) -> Vec<VolumeProjection> {
        let mut items: BTreeMap<&str, Vec<KeyToPath>> = BTreeMap::new();
        for image in &self.marks {
            let item = KeyToPath { key: image.key().to_owned(), path: image.to_string(), mode: None };
            items.entry(image.name()).or_default().push(item);
        }
        let source = |(name, items): (&str, Vec<KeyToPath>)| VolumeProjection {
            config_map: Some(ConfigMapProjection { name: name.to_owned(), items: Some(items), optional: None }),
            ..VolumeProjection::default()
        };
        items.into_iter().map(source).collect()
    }
}
