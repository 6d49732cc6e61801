//! The table of `edges` as NetworkPolicies: nothing for all pods of a platform, and for each component what it needs.
//!
//! What nodes do themselves, such as probes, no policy forbids.

mod rules;
#[cfg(test)]
mod tests;

use k8s_openapi::{
    api::networking::v1::{NetworkPolicy, NetworkPolicySpec},
    apimachinery::pkg::apis::meta::v1::LabelSelector,
};

use crate::{
    api::{PhotoPlatformSpec, StringMap, Switch},
    children::{ChildKind, Family, NotRendered, OwnerKind, Rendered},
    labels,
    names::Component,
};

/// What policies are made from.
#[derive(Debug, Clone, Copy)]
pub struct Network<'a> {
    /// Whose they are: a platform's or a pipeline's.
    pub family: Family<'a>,
    /// What is wanted of the platform.
    pub spec: &'a PhotoPlatformSpec,
    /// The namespace of the operator's pods.
    pub operator_namespace: &'a str,
}

/// The policies of an owner. A platform has one that forbids everything to all of its pods, those of pipelines too, and
/// one for each of its components; a pipeline has one for its workers. There is none where they are switched off.
///
/// # Errors
/// One can't be written.
pub fn children(network: &Network) -> Result<Vec<Rendered>, NotRendered> {
    use Component::{Events, Gateway, Metadata, Redis, Store, Worker};
    if network.spec.network_policy.mode == Switch::Disabled {
        return Ok(Vec::new());
    }
    match network.family.kind {
        OwnerKind::ProcessingPipeline => Ok(vec![of_component(network, Worker)?]),
        OwnerKind::PhotoPlatform => {
            let components = [Redis, Store, Metadata, Gateway, Events];
            let here = components.into_iter().filter(|component| runs_here(network.spec, *component));
            let mut policies = vec![nothing(network)?];
            for component in here {
                policies.push(of_component(network, component)?);
            }
            Ok(policies)
        }
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
    let platform = network.family.platform;
    let spec = isolating(labels::selector_of_all(platform));
    let policy = NetworkPolicy { spec: Some(spec), ..NetworkPolicy::default() };
    let rendered = Rendered::of(ChildKind::NetworkPolicy, format!("{platform}-nothing-else"), &policy)?;
    Ok(network.family.stamped(rendered, labels::of_whole(platform, "network")))
}

fn of_component(network: &Network, component: Component) -> Result<Rendered, NotRendered> {
    let family = &network.family;
    let spec = NetworkPolicySpec {
        ingress: rules::unless_empty(rules::into(network, component)),
        egress: rules::unless_empty(rules::out_of(network, component)),
        ..isolating(family.selector(component))
    };
    let policy = NetworkPolicy { spec: Some(spec), ..NetworkPolicy::default() };
    family.child(component, ChildKind::NetworkPolicy, component.of(family.name), &policy)
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
