//! One platform in either of its forms, from the same documents: a process per role on Redis and S3, or one process.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use photo_local::documents;

use crate::{
    embedded::Embedded,
    photos::Photos,
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
    /// One process.
    Embedded(Embedded),
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
            Form::Embedded => Embedded::start(files).await.map(Self::Embedded),
            Form::Real => Stack::start(&options(files, workers)?).await.map(|stack| Self::Real(Box::new(stack))),
        }
    }

    /// The address of the page and the API.
    pub fn url(&self) -> String {
        match self {
            Self::Embedded(embedded) => embedded.process.url(),
            Self::Real(stack) => stack.api.url(),
        }
    }

    /// The folder with everything that it keeps on disk, logs included.
    pub fn folder(&self) -> &Path {
        match self {
            Self::Embedded(embedded) => embedded.folder(),
            Self::Real(stack) => stack.folder(),
        }
    }

    /// The public API in the name of the user `sub`.
    ///
    /// # Errors
    /// Where no token or client can be made.
    pub fn photos_of(&self, sub: &str) -> anyhow::Result<Photos> {
        match self {
            Self::Embedded(embedded) => embedded.photos_of(sub),
            Self::Real(stack) => stack.photos_of(sub),
        }
    }

    /// A token for the user `sub`.
    ///
    /// # Errors
    /// Where none can be signed.
    pub fn user_token(&self, sub: &str, ttl: Duration) -> anyhow::Result<String> {
        match self {
            Self::Embedded(embedded) => embedded.user_token(sub, ttl),
            Self::Real(stack) => stack.keys.user_token(sub, ttl),
        }
    }

    /// The memory of the processes that photos go through: the one process, or the api role and the largest worker.
    ///
    /// # Errors
    /// Where one of them has ended.
    pub fn memory(&self) -> anyhow::Result<Vec<Memory>> {
        let roles = match self {
            Self::Embedded(embedded) => vec![(Part::Local, &embedded.process)],
            Self::Real(stack) => {
                let workers = stack.workers.iter().map(|worker| (Part::Worker, worker));
                std::iter::once((Part::Api, &stack.api)).chain(workers).collect()
            }
        };
        let mut memory: Vec<Memory> = Vec::new();
        for (part, role) in roles {
            let peak_bytes = role.peak_rss_bytes()?;
            let slots_peak_bytes = role.process()?.children_peak_rss_bytes()?;
            let this = Memory { part, peak_bytes, slots_peak_bytes };
            match memory.iter_mut().find(|known| known.part == part) {
                Some(known) if known.peak_bytes < peak_bytes => *known = this,
                Some(_) => {}
                None => memory.push(this),
            }
        }
        Ok(memory)
    }
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
