//! The policies say what the table says: judged as a cluster's network would.

use k8s_openapi::{
    api::networking::v1::{NetworkPolicyPeer, NetworkPolicyPort},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};
use serde_json::json;

use super::*;
use crate::edges::{DNS, EDGES, Party};

const NAMESPACE: &str = "team";
const OPERATOR: &str = "photo-system";
const PORTS: [i32; 12] = [22, 53, 80, 443, 3000, 3001, 3003, 3004, 6379, 6380, 9000, 9100];

/// Somebody on the network. Without a namespace they are outside of the cluster.
struct Somebody {
    what: &'static str,
    party: Option<Party>,
    namespace: Option<&'static str>,
    labels: StringMap,
}

fn map(labels: &[(&str, &str)]) -> StringMap {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn pod(what: &'static str, party: Option<Party>, namespace: &'static str, labels: StringMap) -> Somebody {
    Somebody { what, party, namespace: Some(namespace), labels }
}

fn everybody() -> Vec<Somebody> {
    let ours = |component, pipeline| labels::of(component, "photos", pipeline);
    let of = |component| Some(Party::Component(component));
    let operator = map(&[("app.kubernetes.io/name", "photo-operator")]);
    vec![
        pod("redis", of(Component::Redis), NAMESPACE, ours(Component::Redis, None)),
        pod("store", of(Component::Store), NAMESPACE, ours(Component::Store, None)),
        pod("metadata", of(Component::Metadata), NAMESPACE, ours(Component::Metadata, None)),
        pod("gateway", of(Component::Gateway), NAMESPACE, ours(Component::Gateway, None)),
        pod("events", of(Component::Events), NAMESPACE, ours(Component::Events, None)),
        pod("worker", of(Component::Worker), NAMESPACE, ours(Component::Worker, Some("full"))),
        pod("the operator", Some(Party::Operator), OPERATOR, operator.clone()),
        pod("who calls itself the operator", None, NAMESPACE, operator),
        pod("the operator's neighbour", None, OPERATOR, map(&[])),
        pod("prometheus", Some(Party::Monitoring), "monitoring", map(&[("app", "prometheus")])),
        pod("the ingress controller", Some(Party::Clients), "ingress", map(&[("app", "ingress")])),
        pod("its neighbour", None, "ingress", map(&[("app", "other")])),
        pod("a stranger next to it", None, NAMESPACE, map(&[("app", "stranger")])),
        pod("another platform's gateway", None, NAMESPACE, labels::of(Component::Gateway, "other", None)),
        pod("the same gateway elsewhere", None, "elsewhere", ours(Component::Gateway, None)),
        pod("the nameserver", Some(Party::Nameserver), "kube-system", map(&[("k8s-app", "kube-dns")])),
        Somebody { what: "the internet", party: None, namespace: None, labels: map(&[]) },
    ]
}

fn selects(selector: &LabelSelector, labels: &StringMap) -> bool {
    assert!(selector.match_expressions.is_none(), "the test knows labels only");
    selector.match_labels.iter().flatten().all(|(name, value)| labels.get(name) == Some(value))
}

/// Whether a list of peers names somebody; no list names everybody.
fn names(peers: Option<&Vec<NetworkPolicyPeer>>, somebody: &Somebody) -> bool {
    let Some(peers) = peers.filter(|peers| !peers.is_empty()) else { return true };
    let Some(namespace) = somebody.namespace else { return false };
    peers.iter().any(|peer| {
        let namespace_labels = map(&[("kubernetes.io/metadata.name", namespace)]);
        let at_home = match &peer.namespace_selector {
            None => namespace == NAMESPACE,
            Some(selector) => selects(selector, &namespace_labels),
        };
        at_home && peer.pod_selector.as_ref().is_none_or(|selector| selects(selector, &somebody.labels))
    })
}

fn opens(ports: Option<&Vec<NetworkPolicyPort>>, protocol: &str, number: i32) -> bool {
    ports.is_none_or(|ports| {
        let same = |port: &NetworkPolicyPort| port.port == Some(IntOrString::Int(number));
        ports.iter().any(|port| same(port) && port.protocol.as_deref() == Some(protocol))
    })
}

/// Whether the policies let one connect to the other, as Kubernetes documents them.
fn connects(policies: &[NetworkPolicy], from: &Somebody, to: &Somebody, protocol: &str, number: i32) -> bool {
    let of = |somebody: &Somebody| -> Vec<NetworkPolicySpec> {
        let specs = policies.iter().filter_map(|policy| policy.spec.clone());
        let here = somebody.namespace == Some(NAMESPACE);
        specs.filter(|spec| here && selects(spec.pod_selector.as_ref().unwrap(), &somebody.labels)).collect()
    };
    let (leaves, enters) = (of(from), of(to));
    let leaving = leaves.iter().flat_map(|spec| spec.egress.iter().flatten());
    let entering = enters.iter().flat_map(|spec| spec.ingress.iter().flatten());
    let out = leaves.is_empty()
        || leaving.into_iter().any(|rule| names(rule.to.as_ref(), to) && opens(rule.ports.as_ref(), protocol, number));
    let into = enters.is_empty()
        || entering
            .into_iter()
            .any(|rule| names(rule.from.as_ref(), from) && opens(rule.ports.as_ref(), protocol, number));
    out && into
}

fn policies(spec: &serde_json::Value) -> Vec<NetworkPolicy> {
    let spec: PhotoPlatformSpec = serde_json::from_value(spec.clone()).unwrap();
    let of = |kind, name| {
        let family = Family { kind, name, namespace: NAMESPACE, uid: "u-1", platform: "photos" };
        children(&Network { family, spec: &spec, operator_namespace: OPERATOR }).unwrap()
    };
    let rendered = [of(OwnerKind::PhotoPlatform, "photos"), of(OwnerKind::ProcessingPipeline, "full")];
    rendered.into_iter().flatten().map(|child| serde_json::from_value(child.object).unwrap()).collect()
}

fn is_ours(somebody: &Somebody) -> bool {
    matches!(somebody.party, Some(Party::Component(_)))
}

/// Compares policies and table for everybody, at all ports and both protocols.
fn compare(policies: &[NetworkPolicy], expected: impl Fn(&Somebody, &Somebody, i32) -> bool) {
    let everybody = everybody();
    let mut deviations = Vec::new();
    for (from, to) in everybody.iter().flat_map(|from| everybody.iter().map(move |to| (from, to))) {
        // Whoever has nothing to do with the platform is nobody's business here.
        if !is_ours(from) && !is_ours(to) {
            continue;
        }
        for number in PORTS {
            for protocol in ["TCP", "UDP"] {
                let wanted = (protocol == "TCP" || number == DNS && is_ours(from)) && expected(from, to, number);
                if connects(policies, from, to, protocol, number) != wanted {
                    deviations.push(format!("{} → {} at {protocol} {number}: {wanted}", from.what, to.what));
                }
            }
        }
    }
    assert!(deviations.is_empty(), "{}", deviations.join("\n"));
}

/// Whether the table has an edge. A nameserver may be anybody at its port.
fn is_edge(from: Option<Party>, to: &Somebody, number: i32) -> bool {
    EDGES.iter().any(|edge| {
        let reached = if edge.to == Party::Nameserver { !is_ours(to) } else { Some(edge.to) == to.party };
        Some(edge.from) == from && reached && edge.port == number
    })
}

#[test]
fn every_edge_is_open_and_nothing_else() {
    let spec = json!({"networkPolicy": {
        "gatewayFrom": [{
            "namespaceLabels": {"kubernetes.io/metadata.name": "ingress"}, "podLabels": {"app": "ingress"},
        }],
        "monitoringNamespaceLabels": {"kubernetes.io/metadata.name": "monitoring"},
    }});
    compare(&policies(&spec), |from, to, number| is_edge(from.party, to, number));
}

#[test]
fn where_nobody_is_named_everybody_is_a_client_and_nobody_reads_metrics() {
    compare(&policies(&json!({})), is_edge_where_nobody_is_named);
}

fn is_edge_where_nobody_is_named(from: &Somebody, to: &Somebody, number: i32) -> bool {
    match from.party {
        Some(Party::Component(_) | Party::Operator) => {
            is_edge(from.party, to, number) || { !is_ours(from) && is_edge(Some(Party::Clients), to, number) }
        }
        _ => is_edge(Some(Party::Clients), to, number),
    }
}

#[test]
fn a_selector_of_pods_alone_is_for_the_platforms_own_namespace() {
    let spec = json!({"networkPolicy": {"gatewayFrom": [{"podLabels": {"app": "stranger"}}]}});
    compare(&policies(&spec), |from, to, number| {
        let party = if from.what == "a stranger next to it" { Some(Party::Clients) } else { from.party };
        is_edge(party.filter(|_| from.what != "the ingress controller" && from.what != "prometheus"), to, number)
    });
}

#[test]
fn what_somebody_else_runs_is_reached_at_its_port() {
    let secret = json!({"name": "a"});
    let spec = |endpoint: &str| {
        json!({
            "redis": {"external": {"host": "r.example.org", "port": 6380, "credentialsSecretRef": secret}},
            "objectStore": {"external": {"endpoint": endpoint, "credentialsSecretRef": secret}},
        })
    };
    for (endpoint, number) in [
        ("https://s3.example.org", 443),
        ("http://s3.example.org", 80),
        ("https://s3.example.org:9100", 9100),
        ("http://[fd00::1]", 80),
    ] {
        let policies = policies(&spec(endpoint));
        assert!(!policies.iter().any(|policy| policy.metadata.name.as_deref() == Some("photos-redis")));
        let everybody = everybody();
        let find = |what: &str| everybody.iter().find(|somebody| somebody.what == what).unwrap();
        let reaches = |from: &str| -> Vec<i32> {
            let (from, to) = (find(from), find("the internet"));
            PORTS.into_iter().filter(|number| connects(&policies, from, to, "TCP", *number)).collect()
        };
        for role in ["gateway", "metadata", "worker"] {
            let mut expected = vec![DNS, number, 6380];
            expected.sort_unstable();
            assert_eq!(reaches(role), expected, "{role}, {endpoint}");
        }
        assert_eq!(reaches("events"), [DNS, 6380], "{endpoint}");
    }
}

#[test]
fn only_the_storage_role_calls_whoever_is_told_of_dead_letters() {
    let policies = policies(&json!({"metadata": {"deadLetterHook": {"url": "https://hook.example:9100/photos"}}}));
    compare(&policies, |from, to, number| {
        let called = from.what == "metadata" && !is_ours(to) && number == 9100;
        called || is_edge_where_nobody_is_named(from, to, number)
    });
}

#[test]
fn policies_can_be_switched_off() {
    assert!(policies(&json!({"networkPolicy": {"mode": "Disabled"}})).is_empty());
}
