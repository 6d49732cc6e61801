//! Documents, and what is rendered from them.

use std::{fs, path::PathBuf};

use photo_operator::{
    api::{PhotoPlatformSpec, ProcessingPipelineSpec},
    children::{NotRendered, Rendered},
    config,
    marks::MarkVersions,
    pipeline::build::{self as pipeline, PipelineInput},
    platform::{
        build::{self as platform, PlatformInput},
        chosen,
    },
    scaling::{ConnectionPolicy, Policy},
    secrets::SecretVersions,
    settings::{Capabilities, DefaultImages},
};
use serde_json::Value;

/// A platform and its pipelines, as they are written.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) platform: Value,
    pub(crate) pipelines: Vec<Value>,
    pub(crate) capabilities: Capabilities,
    pub(crate) secrets: SecretVersions,
    /// What every file is that a watermark names.
    pub(crate) images: &'static str,
}

/// The samples, by the names of their folders of golden files.
pub(crate) fn all() -> Vec<(&'static str, Sample)> {
    let quickstart = || Sample::read(&["config/samples/quickstart.yaml"]);
    let with = |path: &str| {
        let mut sample = quickstart();
        sample.pipelines = documents(path).into_iter().filter(is_pipeline).collect();
        sample
    };
    vec![
        ("quickstart", quickstart()),
        ("full-processing", with("config/samples/full-processing.yaml")),
        ("quick-processing", with("config/samples/quick-processing.yaml")),
        ("watermarked-processing", with("config/samples/watermarked-processing.yaml")),
        ("logo-processing", with("config/samples/logo-processing.yaml")),
        ("everything", everything()),
        ("external", external()),
        ("stopped", Sample::read(&["operator/tests/samples/stopped.yaml"])),
    ]
}

/// A platform that runs its own Redis and object store, and says something of everything.
pub(crate) fn everything() -> Sample {
    Sample::read(&["operator/tests/samples/everything.yaml"])
}

/// A platform on somebody else's Redis and object store, in a cluster that can do everything.
pub(crate) fn external() -> Sample {
    let mut external = Sample::read(&["operator/tests/samples/external.yaml"]);
    external.capabilities = Capabilities { prometheus: true, gateway_api: true, assigns_users: true };
    external
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("REPOSITORY"))
}

fn documents(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join(path)).unwrap();
    text.split("\n---\n").map(|document| serde_saphyr::from_str(document).unwrap()).collect()
}

fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document.pointer(pointer).and_then(Value::as_str).unwrap()
}

/// Not so a ConfigMap with an image.
fn is_pipeline(document: &Value) -> bool {
    text(document, "/kind") == "ProcessingPipeline"
}

impl Sample {
    pub(crate) fn read(paths: &[&str]) -> Self {
        let documents = paths.iter().flat_map(|path| documents(path));
        let (mut platforms, others): (Vec<_>, Vec<_>) =
            documents.partition(|document| text(document, "/kind") == "PhotoPlatform");
        let pipelines = others.into_iter().filter(is_pipeline).collect();
        assert_eq!(platforms.len(), 1, "{paths:?}");
        Self {
            platform: platforms.remove(0),
            pipelines,
            capabilities: Capabilities::default(),
            secrets: SecretVersions::default(),
            images: "an image",
        }
    }

    /// All children: the platform's, then those of each pipeline.
    pub(crate) fn rendered(&self) -> Vec<Rendered> {
        self.try_rendered().unwrap()
    }

    pub(crate) fn try_rendered(&self) -> Result<Vec<Rendered>, NotRendered> {
        let spec: PhotoPlatformSpec = serde_json::from_value(self.platform["spec"].clone()).unwrap();
        let images = chosen(&spec, &default_images());
        let input = PlatformInput {
            name: text(&self.platform, "/metadata/name"),
            namespace: "team",
            uid: "00000000-0000-4000-8000-000000000001",
            data_owner: "00000000-0000-4000-8000-000000000000",
            spec: &spec,
            images: &images,
            capabilities: self.capabilities,
            secrets: &self.secrets,
            operator_namespace: "photos-system",
        };
        let mut children = platform::children(&input)?;
        for (name, spec) in self.pipelines() {
            let uid = "00000000-0000-4000-8000-000000000002";
            let image = images.of_workers(&spec);
            let marks = &self.marks(&spec);
            children.extend(pipeline::children(&PipelineInput {
                name,
                uid,
                spec: &spec,
                image,
                marks,
                platform: input,
            })?);
        }
        Ok(children)
    }

    /// What the operator reads of the images that a pipeline names.
    fn marks(&self, spec: &ProcessingPipelineSpec) -> MarkVersions {
        let Ok(spec) = config::pipeline_spec(spec) else { return MarkVersions::new() };
        spec.mark_images().into_iter().map(|image| (image.clone(), self.images.to_owned())).collect()
    }

    /// What each pipeline asks of its scaling, with its name.
    pub(crate) fn policies(&self) -> Vec<(&str, Policy)> {
        self.pipelines().map(|(name, spec)| (name, config::scaling_policy(&spec).unwrap())).collect()
    }

    /// What its platform asks of the scaling of its events role.
    pub(crate) fn connection_policy(&self) -> ConnectionPolicy {
        let spec: PhotoPlatformSpec = serde_json::from_value(self.platform["spec"].clone()).unwrap();
        config::connection_policy(&spec.event_bus).unwrap()
    }

    fn pipelines(&self) -> impl Iterator<Item = (&str, ProcessingPipelineSpec)> {
        let spec = |document: &Value| serde_json::from_value(document["spec"].clone()).unwrap();
        self.pipelines.iter().map(move |document| (text(document, "/metadata/name"), spec(document)))
    }
}

fn default_images() -> DefaultImages {
    let image = |name: &str, digit: &str| format!("registry.example/{name}@sha256:{}", digit.repeat(64));
    DefaultImages {
        image_gateway: image("photo-gateway", "1"),
        image_worker: image("photo-worker", "2"),
        image_redis: image("redis", "3"),
        image_object_store: image("minio", "4"),
    }
}

/// The template of the pods of a child, where it has pods.
pub(crate) fn template(child: &Rendered) -> Option<&Value> {
    child.object.pointer("/spec/template")
}

/// The one container of a template.
pub(crate) fn container(template: &Value) -> &Value {
    let containers = template["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    &containers[0]
}
