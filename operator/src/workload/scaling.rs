//! How many pods there are, and how many may be away.

use k8s_openapi::{
    api::{
        autoscaling::v2::{
            CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec,
            MetricTarget, ResourceMetricSource,
        },
        policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use crate::{
    children::{ChildKind, Family, NotRendered, Rendered},
    names::Component,
};

/// How many pods a Deployment has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replicas {
    /// So many.
    Fixed(i32),
    /// As many as an autoscaler chooses; so many until it does, and when it could not before.
    Chosen {
        /// Its fewest.
        first: i32,
    },
}

impl Replicas {
    /// Pods of a role where nobody says how many.
    const DEFAULT: i32 = 2;

    /// Those of a role that `runs`, by its autoscaler's fewest where it has one, or by what was said. A stopped platform has
    /// no pods, so nothing chooses their number.
    pub fn of_role(runs: bool, fewest: Option<i32>, said: Option<i32>) -> Self {
        match fewest {
            _ if !runs => Self::Fixed(0),
            Some(first) => Self::Chosen { first },
            None => Self::Fixed(said.unwrap_or(Self::DEFAULT)),
        }
    }
}

/// Bounds and aims of an autoscaler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aims {
    /// Fewest pods.
    pub min: i32,
    /// Most pods.
    pub max: i32,
    /// Processor time in percent of what is requested.
    pub cpu_percent: i32,
    /// Memory in percent of what is requested.
    pub memory_percent: Option<i32>,
}

/// Chooses the number of pods of a component's Deployment.
///
/// # Errors
/// It can't be written.
pub fn autoscaler(family: &Family, component: Component, aims: Aims) -> Result<Rendered, NotRendered> {
    let metric = |name: &str, percent: i32| MetricSpec {
        type_: "Resource".to_owned(),
        resource: Some(ResourceMetricSource {
            name: name.to_owned(),
            target: MetricTarget {
                type_: "Utilization".to_owned(),
                average_utilization: Some(percent),
                ..MetricTarget::default()
            },
        }),
        ..MetricSpec::default()
    };
    let mut metrics = vec![metric("cpu", aims.cpu_percent)];
    metrics.extend(aims.memory_percent.map(|percent| metric("memory", percent)));
    let autoscaler = HorizontalPodAutoscaler {
        spec: Some(HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: "Deployment".to_owned(),
                name: component.of(family.name),
            },
            min_replicas: Some(aims.min),
            max_replicas: aims.max,
            metrics: Some(metrics),
            behavior: None,
        }),
        ..HorizontalPodAutoscaler::default()
    };
    family.child(component, ChildKind::HorizontalPodAutoscaler, component.of(family.name), &autoscaler)
}

/// How many of a component's pods may be away while nodes are drained. A part is rounded up, so that a single pod is no
/// obstacle; neither is one that is not ready.
///
/// # Errors
/// It can't be written.
pub fn disruption_budget(
    family: &Family,
    component: Component,
    max_unavailable: IntOrString,
) -> Result<Rendered, NotRendered> {
    let pods = LabelSelector { match_labels: Some(family.selector(component)), match_expressions: None };
    let budget = PodDisruptionBudget {
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(max_unavailable),
            selector: Some(pods),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            min_available: None,
        }),
        ..PodDisruptionBudget::default()
    };
    family.child(component, ChildKind::PodDisruptionBudget, component.of(family.name), &budget)
}
