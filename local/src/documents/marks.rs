//! The images that pipelines lay onto pictures, each from a ConfigMap among the documents.

use std::collections::BTreeMap;

use photo_core::pipeline::ConfigMapKeyRef;
use photo_operator::marks;
use photo_stages::Marks;

use super::{
    InvalidDocuments,
    manifest::{FoundConfigMap, Pipeline},
};

/// The file of each image. Every one can be read.
///
/// # Errors
/// One is missing or can't be read, or there are two of one ConfigMap's name.
pub(super) fn files(
    pipelines: &[Pipeline],
    config_maps: &[FoundConfigMap],
    namespace: Option<&str>,
) -> Result<BTreeMap<ConfigMapKeyRef, Vec<u8>>, InvalidDocuments> {
    let mut files = BTreeMap::new();
    for pipeline in pipelines {
        for image in pipeline.spec.mark_images() {
            let file = file(pipeline, image, config_maps, namespace)?;
            files.insert(image.clone(), file.to_owned());
        }
    }
    Ok(files)
}

fn file<'a>(
    pipeline: &Pipeline,
    image: &ConfigMapKeyRef,
    config_maps: &'a [FoundConfigMap],
    namespace: Option<&str>,
) -> Result<&'a [u8], InvalidDocuments> {
    let namespace = pipeline.namespace.as_deref().or(namespace);
    let mut named = config_maps.iter().filter(|found| found.is(image.name(), namespace));
    let Some(found) = named.next() else {
        let (place, pipeline) = (pipeline.place.clone(), pipeline.name.clone());
        return Err(InvalidDocuments::NoConfigMap { place, pipeline, image: image.clone() });
    };
    if let Some(second) = named.next() {
        let (place, first) = (second.place.clone(), found.place.clone());
        return Err(InvalidDocuments::SecondConfigMap { place, first, name: image.name().to_owned() });
    }
    let Some(file) = marks::file(&found.config_map, image.key()) else {
        let (place, pipeline) = (found.place.clone(), pipeline.name.clone());
        return Err(InvalidDocuments::NoConfigMapKey { place, pipeline, image: image.clone() });
    };
    let read = Marks::default().read(image.clone(), file);
    read.map_err(|error| InvalidDocuments::Image(found.place.clone(), error))?;
    Ok(file)
}
