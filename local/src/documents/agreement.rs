//! Whether documents that are right each by itself fit together.

use photo_core::{
    pipeline::{PipelineName, PipelineSpec, PlatformName},
    platform::PlatformSpec,
};

use super::{
    Declaration, InvalidDocuments,
    manifest::{Manifest, Named},
};

type Platform = Named<PlatformName, PlatformSpec>;
type Pipeline = Named<PipelineName, PipelineSpec>;

/// The platform that the documents describe together.
pub(super) fn agree(manifests: Vec<Manifest>) -> Result<Declaration, InvalidDocuments> {
    let mut platform: Option<Platform> = None;
    let mut pipelines: Vec<Pipeline> = Vec::new();
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
    let mut pipelines: Vec<_> = pipelines.into_iter().map(|pipeline| (pipeline.name, pipeline.spec)).collect();
    pipelines.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Declaration { name: platform.name, spec: platform.spec, pipelines })
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

/// A pipeline without a reference or a namespace belongs to the one platform that there is.
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
