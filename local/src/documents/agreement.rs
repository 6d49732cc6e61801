//! Whether documents that are right each by itself fit together.

use std::collections::{BTreeMap, BTreeSet};

use photo_core::pipeline::ConfigMapKeyRef;
use photo_operator::api::Operation;

use super::{
    Declaration, InvalidDocuments,
    manifest::{Manifest, Pipeline, Platform},
    marks,
};

/// The platform that the documents describe together.
pub(super) fn agree(manifests: Vec<Manifest>) -> Result<Declaration, InvalidDocuments> {
    let mut platform: Option<Platform> = None;
    let mut pipelines: Vec<Pipeline> = Vec::new();
    let mut config_maps = Vec::new();
    for manifest in manifests {
        match manifest {
            Manifest::Platform(second) => match &platform {
                Some(first) => {
                    let first = first.place.clone();
                    return Err(InvalidDocuments::SecondPlatform { place: second.place, first });
                }
                None => platform = Some(second),
            },
            Manifest::Pipeline(pipeline) => pipelines.push(pipeline),
            Manifest::ConfigMap(config_map) => config_maps.push(config_map),
        }
    }
    let platform = platform.ok_or(InvalidDocuments::NoPlatform)?;
    if pipelines.is_empty() {
        return Err(InvalidDocuments::NoPipeline);
    }
    for (index, pipeline) in pipelines.iter().enumerate() {
        check_name(pipeline, pipelines.get(..index).unwrap_or_default())?;
        check_platform(pipeline, &platform)?;
    }
    check_default(&platform, &pipelines)?;
    check_operation(&platform)?;
    let marks = marks::files(&pipelines, &config_maps, platform.namespace.as_deref())?;
    Ok(declaration(platform, pipelines, marks))
}

fn declaration(platform: Platform, pipelines: Vec<Pipeline>, marks: BTreeMap<ConfigMapKeyRef, Vec<u8>>) -> Declaration {
    let mut passed_over = platform.passed_over;
    let (mut waiting, mut specs) = (BTreeSet::new(), Vec::new());
    for pipeline in pipelines {
        passed_over.extend(pipeline.passed_over.iter().map(|field| format!("{field} of `{}`", pipeline.name)));
        if pipeline.operation != Operation::Running {
            waiting.insert(pipeline.name.clone());
        }
        specs.push((pipeline.name, pipeline.spec));
    }
    specs.sort_by(|(one, _), (other, _)| one.cmp(other));
    Declaration { name: platform.name, spec: platform.spec, pipelines: specs, waiting, marks, passed_over }
}

fn check_operation(platform: &Platform) -> Result<(), InvalidDocuments> {
    let (place, name, operation) = (platform.place.clone(), platform.name.clone(), platform.operation);
    match operation {
        Operation::Running => Ok(()),
        Operation::Paused | Operation::Stopped => Err(InvalidDocuments::NotRunning { place, name, operation }),
    }
}

fn check_name(pipeline: &Pipeline, before: &[Pipeline]) -> Result<(), InvalidDocuments> {
    match before.iter().find(|first| first.name == pipeline.name) {
        None => Ok(()),
        Some(first) => Err(InvalidDocuments::SecondPipeline {
            place: pipeline.place.clone(),
            first: first.place.clone(),
            name: pipeline.name.clone(),
        }),
    }
}

/// A pipeline without a namespace belongs to the one platform that there is.
fn check_platform(pipeline: &Pipeline, platform: &Platform) -> Result<(), InvalidDocuments> {
    let (place, name) = (pipeline.place.clone(), pipeline.name.clone());
    if let Some(named) = pipeline.spec.platform_ref.as_ref().filter(|named| named.name != platform.name) {
        let (named, platform) = (named.name.clone(), platform.name.clone());
        return Err(InvalidDocuments::ForeignPlatform { place, pipeline: name, named, platform });
    }
    match (&pipeline.namespace, &platform.namespace) {
        (Some(named), Some(namespace)) if named != namespace => {
            let (named, namespace) = (named.clone(), namespace.clone());
            Err(InvalidDocuments::ForeignNamespace { place, pipeline: name, named, namespace })
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

fn check_default(platform: &Platform, pipelines: &[Pipeline]) -> Result<(), InvalidDocuments> {
    let Some(default) = &platform.spec.default_pipeline_ref else { return Ok(()) };
    if pipelines.iter().any(|pipeline| pipeline.name == default.name) {
        return Ok(());
    }
    let present: Vec<String> = pipelines.iter().map(|pipeline| format!("`{}`", pipeline.name)).collect();
    Err(InvalidDocuments::NoDefault {
        place: platform.place.clone(),
        name: default.name.clone(),
        present: present.join(", "),
    })
}
