//! One platform in either of its forms, from the same documents: a process per role on Redis and S3, or one process.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use photo_local::documents;
use tempfile::TempDir;

use crate::{
    local::LocalPlatform,
    photos::Photos,
    process::Process,
    stack::{Stack, StackOptions, StackPipeline},
};

/// The two forms of a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One process, with everything embedded.
    Embedded,
    /// A process per role, with real Redis and S3 servers.
    Real,
}

/// A running platform.
#[derive(Debug)]
pub enum Platform {
    /// One process, and the folder with its log and its photos.
    Embedded(LocalPlatform, TempDir),
    /// A process per role.
    Real(Box<Stack>),
}

/// The processes that photos go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The one process of an embedded platform.
    Local,
    /// The api role.
    Api,
    /// A worker.
    Worker,
}

/// Memory of one process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Whose it is.
    pub part: Part,
    /// The most that was resident.
    pub peak_bytes: u64,
    /// The most that the processes of its slots had resident, added up.
    pub slots_peak_bytes: u64,
}

impl Platform {
    /// Starts the platform of these documents in that form, with `workers` worker processes per pipeline where workers
    /// are processes. Returns when it is ready.
    ///
    /// # Errors
    /// Where the documents are not a platform, or a part does not come up; the text ends with its log.
    pub async fn start(form: Form, files: &[PathBuf], workers: usize) -> anyhow::Result<Self> {
        match form {
            Form::Embedded => {
                let place = tempfile::Builder::new().prefix("photo-local-").tempdir().context("making a folder")?;
                let folder = place.path().join("platform");
                let command = LocalPlatform::command(&folder, files)?;
                Ok(Self::Embedded(LocalPlatform::start(&command, &folder).await?, place))
            }
            Form::Real => Stack::start(&options(files, workers)?).await.map(|stack| Self::Real(Box::new(stack))),
        }
    }

    /// The address of the page and the API.
    pub fn url(&self) -> String {
        match self {
            Self::Embedded(local, _) => local.url().to_owned(),
            Self::Real(stack) => stack.api.url(),
        }
    }

    /// The folder with everything that it keeps on disk, logs included.
    pub fn folder(&self) -> &Path {
        match self {
            Self::Embedded(_, place) => place.path(),
            Self::Real(stack) => stack.folder(),
        }
    }

    /// The public API in the name of the user `sub`.
    ///
    /// # Errors
    /// Where no token or client can be made.
    pub fn photos_of(&self, sub: &str) -> anyhow::Result<Photos> {
        match self {
            Self::Embedded(local, _) => local.photos_of(sub),
            Self::Real(stack) => stack.photos_of(sub),
        }
    }

    /// A token for the user `sub`.
    ///
    /// # Errors
    /// Where none can be signed.
    pub fn user_token(&self, sub: &str, ttl: Duration) -> anyhow::Result<String> {
        match self {
            Self::Embedded(local, _) => local.user_token(sub, ttl),
            Self::Real(stack) => stack.keys.user_token(sub, ttl),
        }
    }

    /// The memory of the processes that photos go through: the one process, or the api role and the largest worker.
    ///
    /// # Errors
    /// Where one of them has ended.
    pub fn memory(&self) -> anyhow::Result<Vec<Memory>> {
        let stack = match self {
            Self::Embedded(local, _) => return Ok(vec![memory_of(Part::Local, &local.process)?]),
            Self::Real(stack) => stack,
        };
        let mut workers = Vec::new();
        for worker in &stack.workers {
            workers.push(memory_of(Part::Worker, &*worker.process()?)?);
        }
        let largest = workers.into_iter().max_by_key(|memory| memory.peak_bytes);
        Ok(std::iter::once(memory_of(Part::Api, &*stack.api.process()?)?).chain(largest).collect())
    }
}

fn memory_of(part: Part, process: &Process) -> anyhow::Result<Memory> {
    Ok(Memory { part, peak_bytes: process.peak_rss_bytes()?, slots_peak_bytes: process.children_peak_rss_bytes()? })
}

/// The platform of the documents as a process per role.
fn options(files: &[PathBuf], workers: usize) -> anyhow::Result<StackOptions> {
    let declaration = documents::read(files).context("reading the platform's documents")?;
    let default = declaration.spec.default_pipeline_ref.map(|reference| reference.name);
    let mut pipelines: Vec<StackPipeline> =
        declaration.pipelines.into_iter().map(|(name, spec)| StackPipeline { name, spec, workers }).collect();
    // The stack's default pipeline is its first.
    pipelines.sort_by_key(|pipeline| default.as_ref() != Some(&pipeline.name));
    Ok(StackOptions { pipelines, upload: declaration.spec.gateway.upload, ..StackOptions::default() })
}
