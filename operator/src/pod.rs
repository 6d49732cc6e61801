//! One pod: a container, what it is given and how it is watched. What holds for every pod is here and nowhere else.
//!
//! The baseline is Pod Security `restricted`, and above it: a root file system that can't be written, no token of the
//! Kubernetes API, no environment variables of other Services, Secrets as files, requests and a memory limit always.
//!
//! Pods run as user and group [`USER`], which the platform's images name too, and volumes belong to that group. Images of
//! others mean to start as root, so the number is said here. A cluster that assigns users itself (`OpenShift`) refuses
//! every fixed number: there none is said, and the cluster fills in users and the volumes' group.

mod amounts;
mod environment;
mod files;
mod overrides;
mod probes;
mod restricted;
mod template;

pub use amounts::{Defaults, fitted};
pub use environment::Environment;
pub use files::{ConfigFiles, Files, MARKS, SECRETS, Scratch, SecretFile, secret_path};
pub use overrides::OverrideRefused;
pub use probes::Probes;
pub use template::Ground;

use k8s_openapi::api::core::v1::ResourceRequirements;

use crate::{api::PodOverrides, names::Component};

/// User and group of every process, where the cluster does not assign them.
pub const USER: i64 = 65532;

/// A port of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// Its name, by which Services and probes find it.
    pub name: &'static str,
    /// Its number.
    pub number: i32,
}

impl Port {
    /// The API and the web page, internal endpoints, `/socket.io`: what a role is there for.
    pub const fn http(number: i32) -> Self {
        Self { name: "http", number }
    }

    /// Probes and metrics.
    pub const PROBE: Self = Self { name: "probe", number: crate::names::port::PROBE };
}

/// How a container ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Seconds between the wish to end it and its end by force.
    pub grace_seconds: i64,
    /// Seconds that it goes on before it is told, so that no proxy sends requests to it any more.
    pub lingers_seconds: Option<i64>,
}

/// One pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Pod {
    /// What it is part of.
    pub component: Component,
    /// The image of its container.
    pub image: String,
    /// The program, where it is not the image's own.
    pub command: &'static [&'static str],
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment.
    pub environment: Environment,
    /// The ports that it listens on.
    pub ports: Vec<Port>,
    /// What it gets.
    pub resources: ResourceRequirements,
    /// How it is watched.
    pub probes: Probes,
    /// What it reads and writes.
    pub files: Files,
    /// How it ends.
    pub ending: Ending,
    /// Whether there may be several, which are then spread.
    pub is_replicated: bool,
    /// What people merge over all of that.
    pub overrides: Option<PodOverrides>,
}
