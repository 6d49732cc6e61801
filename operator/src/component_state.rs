//! What is known of a component's workload and its pods: pure, from what the API server told.

mod last_words;

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

use crate::{
    apply::Applied,
    children::{ChildKind, Live, Workload},
    names::Component,
    stall::Stall,
};
use last_words::last_words;

/// A component as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ComponentState {
    /// Which one.
    pub component: Component,
    /// Pods that it should have.
    pub desired: i32,
    /// Pods that are ready.
    pub ready: i32,
    /// Pods of its newest template.
    pub updated: i32,
    /// Whether its controller has seen its newest form and every pod has that.
    pub is_rolled_out: bool,
    /// Whether it still runs an older image, because others are brought to theirs first.
    pub awaits_turn: bool,
    /// The image of its container.
    pub image: Option<String>,
    /// The hash of the configuration that its container reads, where it reads one.
    pub config: Option<String>,
    /// What keeps its pods from being ready.
    pub trouble: Option<Trouble>,
}

/// What keeps a pod from being ready.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// Its image can't be pulled; the text says which and why.
    ImagePull(String),
    /// Its container ends again and again; the text says how.
    CrashLooping(String),
    /// Its container can't be made, for example because a key of a Secret is missing.
    CannotStart(String),
    /// No node takes it.
    Unschedulable(String),
}

impl Trouble {
    /// The reason for programs, and the text for people.
    pub(crate) fn told(&self) -> (&'static str, &str) {
        match self {
            Self::ImagePull(detail) => ("ImagePullFailed", detail),
            Self::CrashLooping(detail) => ("CrashLooping", detail),
            Self::CannotStart(detail) => ("CannotStart", detail),
            Self::Unschedulable(detail) => ("Unschedulable", detail),
        }
    }
}

impl ComponentState {
    /// An image that no node can pull is nothing that time mends.
    pub(crate) fn stall(&self) -> Option<Stall> {
        let Some(Trouble::ImagePull(detail)) = &self.trouble else { return None };
        Some(Stall::ImagePullFailed { component: self.component.as_str().to_owned(), detail: detail.clone() })
    }

    /// A component whose workload does not exist yet.
    pub(crate) fn missing(component: Component) -> Self {
        Self {
            component,
            desired: 1,
            ready: 0,
            updated: 0,
            is_rolled_out: false,
            awaits_turn: false,
            image: None,
            config: None,
            trouble: None,
        }
    }

    /// Whether every pod that it should have is ready and in its newest form.
    pub(crate) fn is_ready(&self) -> bool {
        self.is_rolled_out && !self.awaits_turn && self.ready >= self.desired
    }

    /// Notes that its workload, which is called after `owner`, may just have been written: its controller has yet to look.
    pub(crate) fn note(&mut self, applied: &[Applied], owner: &str) {
        let name = self.component.of(owner);
        let is_workload = |child: &Applied| matches!(child.kind, ChildKind::StatefulSet | ChildKind::Deployment);
        if applied.iter().any(|child| is_workload(child) && child.name == name) {
            self.is_rolled_out = false;
        }
    }

    /// As its workload and its pods show it.
    ///
    /// # Errors
    /// The workload can't be read.
    pub(crate) fn of(component: Component, live: &Live, pods: &[Pod]) -> Result<Self, serde_json::Error> {
        let is_set = workload_of(component) == ChildKind::StatefulSet;
        let workload = if is_set { live.stateful_set() } else { live.deployment() }?;
        let Workload { desired, ready, updated, is_rolled_out, image, config } = workload.clone();
        Ok(Self {
            component,
            desired,
            ready,
            updated,
            is_rolled_out,
            awaits_turn: false,
            image,
            config,
            trouble: trouble(pods),
        })
    }
}

/// What kind of workload a component has: one with volumes a StatefulSet.
pub(crate) fn workload_of(component: Component) -> ChildKind {
    match component {
        Component::Gateway | Component::Events | Component::Worker => ChildKind::Deployment,
        Component::Redis | Component::Store | Component::Metadata => ChildKind::StatefulSet,
    }
}

/// The worst trouble of any pod; the same one whatever the order of pods.
fn trouble(pods: &[Pod]) -> Option<Trouble> {
    pods.iter().filter_map(trouble_of).min()
}

fn trouble_of(pod: &Pod) -> Option<Trouble> {
    let status = pod.status.as_ref()?;
    let containers = status.container_statuses.iter().chain(&status.init_container_statuses).flatten();
    if let Some(trouble) = containers.filter_map(trouble_of_container).min() {
        return Some(trouble);
    }
    let unscheduled = status.conditions.iter().flatten().find(|condition| {
        condition.type_ == "PodScheduled"
            && condition.status == "False"
            && condition.reason.as_deref() == Some("Unschedulable")
    })?;
    Some(Trouble::Unschedulable(unscheduled.message.clone().unwrap_or_default()))
}

fn trouble_of_container(container: &ContainerStatus) -> Option<Trouble> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    let detail = waiting.message.clone().unwrap_or_default();
    match waiting.reason.as_deref()? {
        "ImagePullBackOff" | "ErrImagePull" | "InvalidImageName" | "ErrImageNeverPull" => {
            Some(Trouble::ImagePull(format!("{}: {detail}", container.image)))
        }
        "CrashLoopBackOff" => Some(Trouble::CrashLooping(last_end(container).unwrap_or(detail))),
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            Some(Trouble::CannotStart(detail))
        }
        _ => None,
    }
}

/// How a container ended last, and what it said: what stays the same while it crashes the same way.
fn last_end(container: &ContainerStatus) -> Option<String> {
    let ended = container.last_state.as_ref()?.terminated.as_ref()?;
    let (name, code) = (&container.name, ended.exit_code);
    let reason = ended.reason.as_deref().unwrap_or("no reason given");
    let ending = format!("its container `{name}` ended with code {code} ({reason})");
    Some(match ended.message.as_deref().and_then(last_words) {
        Some(said) => format!("{ending} and said last: {said} (more by `kubectl logs --previous`)"),
        None => format!("{ending}; `kubectl logs --previous` tells why"),
    })
}

#[cfg(test)]
mod tests;
