//! The table of [`edges`] as NetworkPolicies: nothing for all pods of a platform, and for each component what it needs.
//!
//! What nodes do themselves, such as probes, no policy forbids.

mod rules;
#[cfg(test)]
mod tests;

use k8s_openapi::{
    api::networking::v1::{NetworkPolicy, NetworkPolicySpec},
    apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta},
};

use crate::{
    api::{PhotoPlatformSpec, StringMap, Switch},
    children::{ChildKind, NotRendered, Rendered},
    labels,
    names::Component,
};

/// What policies are made from.
#[derive(Debug, Clone, Copy)]
pub struct Network<'a> {
    /// The platform's name.
    pub platform: &'a str,
    /// What is wanted of it.
    pub spec: &'a PhotoPlatformSpec,
    /// The namespace of the operator's pods.
    pub operator_namespace: &'a str,
}

/// The policies of a platform: one that forbids everything to all of its pods, those of pipelines too, and one for each
/// of its components. None where they are switched off.
///
/// # Errors
/// One can't be written.
pub fn of_platform(network: &Network) -> Result<Vec<Rendered>, NotRendered> {
    if network.spec.network_policy.mode == Switch::Disabled {
        return Ok(Vec::new());
    }
    let mut policies = vec![nothing(network)?];
    for component in [Component::Redis, Component::Store, Component::Metadata, Component::Gateway, Component::Events] {
        if runs_here(network.spec, component) {
            policies.push(of_component(network, component, None)?);
        }
    }
    Ok(policies)
}

/// The policy of a pipeline's workers, or none where policies are switched off.
///
/// # Errors
/// It can't be written.
pub fn of_pipeline(network: &Network, pipeline: &str) -> Result<Option<Rendered>, NotRendered> {
    match network.spec.network_policy.mode {
        Switch::Disabled => Ok(None),
        Switch::Enabled => of_component(network, Component::Worker, Some(pipeline)).map(Some),
    }
}

/// Whether the platform has pods of that component.
fn runs_here(spec: &PhotoPlatformSpec, component: Component) -> bool {
    match component {
        Component::Redis => spec.redis.managed.is_some(),
        Component::Store => spec.object_store.managed.is_some(),
        Component::Metadata | Component::Gateway | Component::Events | Component::Worker => true,
    }
}

fn nothing(network: &Network) -> Result<Rendered, NotRendered> {
    let name = format!("{}-nothing-else", network.platform);
    let labels = labels::of_whole(network.platform, "network");
    rendered(name, labels, isolating(labels::selector_of_all(network.platform)))
}

fn of_component(network: &Network, component: Component, pipeline: Option<&str>) -> Result<Rendered, NotRendered> {
    let platform = network.platform;
    let spec = NetworkPolicySpec {
        ingress: Some(rules::into(network, component)),
        egress: Some(rules::out_of(network, component)),
        ..isolating(labels::selector(component, platform, pipeline))
    };
    rendered(component.of(pipeline.unwrap_or(platform)), labels::of(component, platform, pipeline), spec)
}

/// Those pods and nobody else, in neither direction.
fn isolating(pods: StringMap) -> NetworkPolicySpec {
    NetworkPolicySpec {
        pod_selector: Some(LabelSelector { match_labels: Some(pods), match_expressions: None }),
        policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
        ingress: None,
        egress: None,
    }
}

fn rendered(name: String, labels: StringMap, spec: NetworkPolicySpec) -> Result<Rendered, NotRendered> {
    let metadata = ObjectMeta { name: Some(name.clone()), labels: Some(labels), ..ObjectMeta::default() };
    Rendered::of(ChildKind::NetworkPolicy, name, &NetworkPolicy { metadata, spec: Some(spec) })
}
