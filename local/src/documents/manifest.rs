//! One document as an object of the API: its type, its name, its spec. What only a server writes is passed over.

use std::collections::BTreeMap;

use photo_core::{
    pipeline::{PipelineName, PipelineSpec, PlatformName},
    platform::PlatformSpec,
};
use photo_operator::{
    api::{Operation, PhotoPlatformSpec, ProcessingPipelineSpec, check_name},
    config,
    marks::ConfigMap,
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Map, Value};
use serde_saphyr::{UserMessageFormatter, render_options};

use super::{
    InvalidDocuments, passed_over,
    source::{Document, Place},
};

/// The API of both kinds.
pub(super) const API_VERSION: &str = "photoplatform.io/v1alpha1";

/// A document that is one of the two kinds, or holds images for them, with what is read of it here.
#[derive(Debug, Clone)]
pub(super) enum Manifest {
    Platform(Platform),
    Pipeline(Pipeline),
    ConfigMap(FoundConfigMap),
}

/// A ConfigMap and where it was written. Nothing is read of one that no pipeline names.
#[derive(Debug, Clone)]
pub(super) struct FoundConfigMap {
    pub(super) place: Place,
    pub(super) config_map: Box<ConfigMap>,
}

impl FoundConfigMap {
    /// Whether it is the one of that name, for whom is in that namespace. One without a namespace is in any.
    pub(super) fn is(&self, name: &str, namespace: Option<&str>) -> bool {
        let metadata = &self.config_map.metadata;
        let elsewhere = metadata.namespace.as_deref().zip(namespace).is_some_and(|(own, other)| own != other);
        metadata.name.as_deref() == Some(name) && !elsewhere
    }
}

/// An object and where it was written.
#[derive(Debug, Clone)]
pub(super) struct Named<N, S> {
    pub(super) place: Place,
    pub(super) name: N,
    pub(super) namespace: Option<String>,
    pub(super) operation: Operation,
    /// Fields that are set and mean nothing on one machine.
    pub(super) passed_over: Vec<String>,
    pub(super) spec: S,
}

pub(super) type Platform = Named<PlatformName, PlatformSpec>;
pub(super) type Pipeline = Named<PipelineName, PipelineSpec>;

/// What is read first, so that the rest is read as the right kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    api_version: Option<String>,
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Object<N, S> {
    #[serde(rename = "apiVersion")]
    _api_version: IgnoredAny,
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    metadata: Metadata<N>,
    spec: S,
    #[serde(rename = "status", default)]
    _status: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Metadata<N> {
    name: N,
    namespace: Option<String>,
    #[serde(rename = "labels", default)]
    _labels: Option<BTreeMap<String, String>>,
    #[serde(rename = "annotations", default)]
    _annotations: Option<BTreeMap<String, String>>,
    // The rest is what a server adds and `kubectl get` prints.
    #[serde(rename = "uid", default)]
    _uid: IgnoredAny,
    #[serde(rename = "resourceVersion", default)]
    _resource_version: IgnoredAny,
    #[serde(rename = "generation", default)]
    _generation: IgnoredAny,
    #[serde(rename = "creationTimestamp", default)]
    _creation_timestamp: IgnoredAny,
    #[serde(rename = "deletionTimestamp", default)]
    _deletion_timestamp: IgnoredAny,
    #[serde(rename = "deletionGracePeriodSeconds", default)]
    _deletion_grace_period_seconds: IgnoredAny,
    #[serde(rename = "managedFields", default)]
    _managed_fields: IgnoredAny,
    #[serde(rename = "ownerReferences", default)]
    _owner_references: IgnoredAny,
    #[serde(rename = "finalizers", default)]
    _finalizers: IgnoredAny,
    #[serde(rename = "generateName", default)]
    _generate_name: IgnoredAny,
    #[serde(rename = "selfLink", default)]
    _self_link: IgnoredAny,
}

/// What `kubectl get` prints of several objects.
#[derive(Debug, Deserialize)]
struct List {
    items: Vec<Value>,
}

/// Reads a document as what it says it is: an object, or a list of them.
pub(super) fn parse(document: &Document<'_>) -> Result<Vec<Manifest>, InvalidDocuments> {
    let header: Header = read(document, "an object of the API")?;
    if header.api_version.as_deref() == Some("v1") && header.kind.as_deref() == Some("List") {
        let list: List = read(document, "a List")?;
        let items = list.items.iter().enumerate();
        return items.map(|(index, item)| one(&document.item(index + 1, &format!("{item:#}")))).collect();
    }
    Ok(vec![one(document)?])
}

fn one(document: &Document<'_>) -> Result<Manifest, InvalidDocuments> {
    let header: Header = read(document, "an object of the API")?;
    if header.api_version.as_deref() == Some("v1") && header.kind.as_deref() == Some("ConfigMap") {
        return config_map(document).map(Manifest::ConfigMap);
    }
    if header.api_version.as_deref() != Some(API_VERSION) {
        return Err(InvalidDocuments::ApiVersion(document.place(), header.api_version));
    }
    match header.kind.as_deref() {
        Some("PhotoPlatform") => platform(document).map(Manifest::Platform),
        Some("ProcessingPipeline") => pipeline(document).map(Manifest::Pipeline),
        Some(_) | None => Err(InvalidDocuments::Kind(document.place(), header.kind)),
    }
}

fn platform(document: &Document<'_>) -> Result<Named<PlatformName, PlatformSpec>, InvalidDocuments> {
    let place = document.place();
    let Object { metadata: Metadata { name, namespace, .. }, spec, .. } =
        read::<Object<PlatformName, PhotoPlatformSpec>>(document, "a PhotoPlatform")?;
    check_name(name.as_str()).map_err(|error| InvalidDocuments::Name(place.clone(), error))?;
    let (operation, passed_over) = (spec.operation, passed_over::of_platform(&spec));
    match config::platform_spec(&spec) {
        Ok(spec) => Ok(Named { place, name, namespace, operation, passed_over, spec }),
        Err(error) => Err(InvalidDocuments::Platform(place, name, error)),
    }
}

fn pipeline(document: &Document<'_>) -> Result<Named<PipelineName, PipelineSpec>, InvalidDocuments> {
    let place = document.place();
    let Object { metadata: Metadata { name, namespace, .. }, spec, .. } =
        read::<Object<PipelineName, ProcessingPipelineSpec>>(document, "a ProcessingPipeline")?;
    check_name(name.as_str()).map_err(|error| InvalidDocuments::Name(place.clone(), error))?;
    let (operation, passed_over) = (spec.operation, passed_over::of_pipeline(&spec));
    let spec = match config::pipeline_spec(&spec) {
        Ok(spec) => spec,
        Err(error) => return Err(InvalidDocuments::Pipeline(place, name, error)),
    };
    if let Err(error) = photo_stages::check(&spec) {
        return Err(InvalidDocuments::Unfit(place, name, error));
    }
    Ok(Named { place, name, namespace, operation, passed_over, spec })
}

fn config_map(document: &Document<'_>) -> Result<FoundConfigMap, InvalidDocuments> {
    const WHAT: &str = "a ConfigMap";
    let mut object: Value = read(document, WHAT)?;
    // As an API server reads base64: line breaks in it are none of it.
    for file in object.get_mut("binaryData").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        if let Value::String(base64) = file {
            base64.retain(|letter| !letter.is_ascii_whitespace());
        }
    }
    let unparsed = |error: serde_json::Error| InvalidDocuments::Unparsed(document.place(), WHAT, error.to_string());
    Ok(FoundConfigMap { place: document.place(), config_map: serde_json::from_value(object).map_err(unparsed)? })
}

fn read<T: DeserializeOwned>(document: &Document<'_>, what: &'static str) -> Result<T, InvalidDocuments> {
    serde_saphyr::from_str(document.text).map_err(|error| {
        let name = document.text_name();
        let shown = error.render_with_options(render_options! {
            formatter: &UserMessageFormatter,
            line_offset: document.lines_before as u64,
            source_name: Some(name.as_str()),
        });
        InvalidDocuments::Unparsed(document.place(), what, shown)
    })
}
