//! What can be wrong with the documents: each text names the place and what to do.

use std::{io, path::PathBuf};

use photo_core::pipeline::{ConfigMapKeyRef, PipelineName, PlatformName};
use photo_operator::{
    api::{InvalidObjectName, Operation},
    config::InvalidSpec,
};
use photo_stages::{UnshownText, UnusableImage};

use super::{manifest::API_VERSION, source::Place};

/// Why no platform can be started from the documents.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's text is its documentation")]
pub enum InvalidDocuments {
    #[error("can't read {0}")]
    Unreadable(String, #[source] io::Error),
    #[error("{}: the folder holds no file that ends in .yaml, .yml or .json", .0.display())]
    EmptyFolder(PathBuf),
    /// The last part is the parser's own text, with the lines around the place.
    #[error("{0} can't be read as {1}:\n{2}")]
    Unparsed(Place, &'static str, String),
    #[error("{0}: {found}; write `apiVersion: {API_VERSION}`", found = found("apiVersion", .1.as_ref()))]
    ApiVersion(Place, Option<String>),
    #[error(
        "{0}: {found}; expected `kind: PhotoPlatform` or `kind: ProcessingPipeline`",
        found = found("kind", .1.as_ref())
    )]
    Kind(Place, Option<String>),
    #[error("{0}")]
    Name(Place, #[source] InvalidObjectName),
    #[error("{0}: the PhotoPlatform `{1}` is not valid")]
    Platform(Place, PlatformName, #[source] InvalidSpec),
    #[error("{0}: the ProcessingPipeline `{1}` is not valid")]
    Pipeline(Place, PipelineName, #[source] InvalidSpec),
    #[error("{0}: the ProcessingPipeline `{1}` is not valid")]
    Text(Place, PipelineName, #[source] UnshownText),
    #[error(
        "{place}: the pipeline `{pipeline}` lays the image `{image}` onto pictures, but the documents hold no ConfigMap \
         `{name}`: add what `kubectl create configmap {name} --from-file={key}=FILE --dry-run=client -o yaml` writes",
        name = image.name(), key = image.key()
    )]
    NoConfigMap { place: Place, pipeline: PipelineName, image: ConfigMapKeyRef },
    #[error(
        "{place}: the ConfigMap `{name}` lacks the key `{key}`, the image that the pipeline `{pipeline}` lays onto pictures: \
         write the file in base64 as binaryData.{key}, or name another key",
        name = image.name(), key = image.key()
    )]
    NoConfigMapKey { place: Place, pipeline: PipelineName, image: ConfigMapKeyRef },
    #[error("{place}: a second ConfigMap `{name}`, after the one in {first}; rename or remove either")]
    SecondConfigMap { place: Place, first: Place, name: String },
    #[error("{0}")]
    Image(Place, #[source] UnusableImage),
    #[error(
        "{place}: the platform `{name}` has `operation: {operation:?}`; a process is what runs it, so here it must be \
             Running: change it, or start nothing"
    )]
    NotRunning { place: Place, name: PlatformName, operation: Operation },
    #[error("{place}: a second PhotoPlatform, after the one in {first}; one process runs one platform: remove either")]
    SecondPlatform { place: Place, first: Place },
    #[error("{place}: a second ProcessingPipeline `{name}`, after the one in {first}; rename or remove either")]
    SecondPipeline { place: Place, first: Place, name: PipelineName },
    #[error("the documents hold no PhotoPlatform: add one, such as that of config/samples/quickstart.yaml")]
    NoPlatform,
    #[error("the documents hold no ProcessingPipeline: add one, such as config/samples/full-processing.yaml")]
    NoPipeline,
    #[error(
        "{place}: the pipeline `{pipeline}` is of the platform `{named}`, but the platform here is `{platform}`; \
         change its spec.platformRef.name or leave the pipeline out"
    )]
    ForeignPlatform { place: Place, pipeline: PipelineName, named: PlatformName, platform: PlatformName },
    #[error(
        "{place}: the pipeline `{pipeline}` is in the namespace `{named}`, but its platform is in `{namespace}`; \
         give both the same metadata.namespace"
    )]
    ForeignNamespace { place: Place, pipeline: PipelineName, named: String, namespace: String },
    #[error(
        "{place}: the default pipeline `{name}` is not among the documents, which hold {present}; \
         add it or change spec.defaultPipelineRef.name"
    )]
    NoDefault { place: Place, name: PipelineName, present: String },
}

fn found(field: &str, value: Option<&String>) -> String {
    match value {
        Some(value) => format!("{field} is `{value}`"),
        None => format!("{field} is missing"),
    }
}
