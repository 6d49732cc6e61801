//! One component's edges as rules.

use k8s_openapi::{
    api::networking::v1::{NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use super::{Network, runs_here};
use crate::{
    api::{Selector, StringMap},
    edges::{self, Edge, Party},
    labels,
    names::{Component, port},
};

/// The label that every namespace has: its name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Who a rule is for.
enum Peers {
    /// Everybody, in the cluster and outside of it.
    Everybody,
    /// These alone; where there is none, there is no rule.
    Only(Vec<NetworkPolicyPeer>),
}

/// What may come to a component.
pub(super) fn into(network: &Network, component: Component) -> Vec<NetworkPolicyIngressRule> {
    let edges = edges::into(component).filter_map(|edge| {
        let from = peers(network, edge.from).listed()?;
        Some(NetworkPolicyIngressRule { from: unless_empty(from), ports: Some(ports(edge, edge.port)) })
    });
    edges.collect()
}

/// Where a component may go.
pub(super) fn out_of(network: &Network, component: Component) -> Vec<NetworkPolicyEgressRule> {
    let edges = edges::out_of(component).filter_map(|edge| {
        let to = peers(network, edge.to).listed()?;
        Some(NetworkPolicyEgressRule { to: unless_empty(to), ports: Some(ports(edge, reached_at(network, edge))) })
    });
    edges.collect()
}

/// No empty list: the API server does not store it, and would take each write of it for a change.
pub(super) fn unless_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

impl Peers {
    /// As a rule lists them: an empty list is for everybody. For nobody there is no rule.
    fn listed(self) -> Option<Vec<NetworkPolicyPeer>> {
        match self {
            Self::Everybody => Some(Vec::new()),
            Self::Only(peers) => (!peers.is_empty()).then_some(peers),
        }
    }
}

fn peers(network: &Network, party: Party) -> Peers {
    let policy = &network.spec.network_policy;
    match party {
        Party::Component(component) if runs_here(network.spec, component) => {
            Peers::Only(vec![peer(None, Some(labels::selector(component, network.family.platform, None)))])
        }
        // Somebody else's Redis or store: its addresses are not known here and may change. A cluster's nameserver: it is
        // a pod here, an address of the node there.
        Party::Component(_) | Party::Nameserver => Peers::Everybody,
        // As theirs.
        Party::DeadLetterHook if network.spec.metadata.dead_letter_hook.is_some() => Peers::Everybody,
        Party::DeadLetterHook => Peers::Only(Vec::new()),
        Party::Clients if policy.gateway_from.is_empty() => Peers::Everybody,
        Party::Clients => Peers::Only(policy.gateway_from.iter().map(selected).collect()),
        Party::Monitoring if policy.monitoring_namespace_labels.is_empty() => Peers::Only(Vec::new()),
        Party::Monitoring => Peers::Only(vec![peer(Some(policy.monitoring_namespace_labels.clone()), None)]),
        Party::Operator => {
            let namespace = StringMap::from([(NAMESPACE_NAME.to_owned(), network.operator_namespace.to_owned())]);
            Peers::Only(vec![peer(Some(namespace), Some(labels::selector_of_operator()))])
        }
    }
}

fn selected(selector: &Selector) -> NetworkPolicyPeer {
    let some = |labels: &StringMap| (!labels.is_empty()).then(|| labels.clone());
    peer(some(&selector.namespace_labels), some(&selector.pod_labels))
}

fn peer(namespace: Option<StringMap>, pods: Option<StringMap>) -> NetworkPolicyPeer {
    let selector = |labels| LabelSelector { match_labels: Some(labels), match_expressions: None };
    NetworkPolicyPeer { namespace_selector: namespace.map(selector), pod_selector: pods.map(selector), ip_block: None }
}

fn ports(edge: Edge, number: i32) -> Vec<NetworkPolicyPort> {
    let protocols: &[&str] = if edge.to == Party::Nameserver { &["UDP", "TCP"] } else { &["TCP"] };
    let port = |protocol: &&str| NetworkPolicyPort {
        port: Some(IntOrString::Int(number)),
        protocol: Some((*protocol).to_owned()),
        end_port: None,
    };
    protocols.iter().map(port).collect()
}

/// The port of whoever is reached: of an external Redis, store or hook, the one that is named.
fn reached_at(network: &Network, edge: Edge) -> i32 {
    let external = match edge.to {
        Party::Component(Component::Redis) => network.spec.redis.external.as_ref().map(|redis| redis.port),
        Party::Component(Component::Store) => {
            network.spec.object_store.external.as_ref().map(|store| port_of(&store.endpoint))
        }
        Party::DeadLetterHook => network.spec.metadata.dead_letter_hook.as_ref().map(|hook| port_of(&hook.url)),
        Party::Component(_) | Party::Clients | Party::Operator | Party::Monitoring | Party::Nameserver => None,
    };
    external.unwrap_or(edge.port)
}

/// The port of a URL: the one that it names, else its scheme's.
fn port_of(endpoint: &str) -> i32 {
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", endpoint));
    let authority = rest.split('/').next().unwrap_or_default();
    let named = authority.rsplit_once(':').and_then(|(_, number)| number.parse::<u16>().ok());
    let of_scheme = if scheme == "http" { port::HTTP } else { port::HTTPS };
    named.map_or(of_scheme, i32::from)
}
