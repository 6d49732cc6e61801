//! What the platform is: one `PhotoPlatform`, its pipelines and their images, read from the documents that `kubectl apply` takes.
//!
//! Whatever can be wrong with them is told before anything starts, with the place and what to do.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use photo_core::{
    pipeline::{ConfigMapKeyRef, PipelineName, PipelineSpec, PlatformName},
    platform::PlatformSpec,
};

mod agreement;
mod invalid;
mod manifest;
mod marks;
mod passed_over;
mod source;

pub use invalid::InvalidDocuments;

/// A platform and its pipelines, which fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The platform's name.
    pub name: PlatformName,
    /// Its settings.
    pub spec: PlatformSpec,
    /// Its pipelines, at least one, by name.
    pub pipelines: Vec<(PipelineName, PipelineSpec)>,
    /// Pipelines that are not to run: their photos wait.
    pub waiting: BTreeSet<PipelineName>,
    /// The files of the images that its pipelines lay onto pictures.
    pub marks: BTreeMap<ConfigMapKeyRef, Vec<u8>>,
    /// Fields that are set and mean nothing on one machine.
    pub passed_over: Vec<String>,
}

/// Reads files, folders of them, and standard input as `-`.
///
/// # Errors
/// Where they are not one platform and its pipelines; the text names the place and what to do.
pub fn read(paths: &[PathBuf]) -> Result<Declaration, InvalidDocuments> {
    let mut manifests = Vec::new();
    for source in source::read(paths)? {
        for document in source.documents() {
            manifests.extend(manifest::parse(&document)?);
        }
    }
    agreement::agree(manifests)
}

#[cfg(test)]
mod tests;
