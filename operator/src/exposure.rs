//! How clients come in from outside of the cluster: an Ingress or an HTTPRoute, with the same two paths.

mod http_route;

use k8s_openapi::{
    api::networking::v1::{
        HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend,
        IngressSpec, IngressTLS, ServiceBackendPort,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use crate::{
    api::{self, Expose},
    children::{ChildKind, Family, NotRendered, Rendered},
    names::{Component, port},
};

use http_route::HttpRoute;

/// A path and who answers it. The longer path wins, whatever the order.
struct Path {
    prefix: &'static str,
    component: Component,
    port: i32,
}

const PATHS: [Path; 2] = [
    // Straight to the events role: each connection through the gateway would cost two.
    Path { prefix: "/socket.io", component: Component::Events, port: port::EVENTS },
    Path { prefix: "/", component: Component::Gateway, port: port::API },
];

/// What exposes a platform, if anything does.
///
/// # Errors
/// It can't be written.
pub fn child(family: &Family, expose: Option<&Expose>) -> Result<Option<Rendered>, NotRendered> {
    let Some(expose) = expose else { return Ok(None) };
    let (component, platform) = (Component::Gateway, family.platform);
    let name = component.of(platform);
    if let Some(ingress) = &expose.ingress {
        return family.child(component, ChildKind::Ingress, name, &of_ingress(platform, ingress)).map(Some);
    }
    let Some(route) = &expose.http_route else { return Ok(None) };
    family.child(component, ChildKind::HttpRoute, name, &HttpRoute::of(platform, route)).map(Some)
}

fn of_ingress(platform: &str, ingress: &api::Ingress) -> Ingress {
    let paths = PATHS.iter().map(|path| HTTPIngressPath {
        path: Some(path.prefix.to_owned()),
        path_type: "Prefix".to_owned(),
        backend: IngressBackend {
            service: Some(IngressServiceBackend {
                name: path.component.of(platform),
                port: Some(ServiceBackendPort { number: Some(path.port), name: None }),
            }),
            resource: None,
        },
    });
    let host = ingress.host.clone();
    let tls = ingress
        .tls_secret_name
        .clone()
        .map(|secret| vec![IngressTLS { hosts: Some(vec![host.clone()]), secret_name: Some(secret) }]);
    let annotations = (!ingress.annotations.is_empty()).then(|| ingress.annotations.clone());
    let http = HTTPIngressRuleValue { paths: paths.collect() };
    Ingress {
        metadata: ObjectMeta { annotations, ..ObjectMeta::default() },
        spec: Some(IngressSpec {
            ingress_class_name: ingress.class_name.clone(),
            rules: Some(vec![IngressRule { host: Some(host), http: Some(http) }]),
            tls,
            default_backend: None,
        }),
        status: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::children::OwnerKind;

    const FAMILY: Family<'static> =
        Family { kind: OwnerKind::PhotoPlatform, name: "photos", namespace: "team", uid: "u-1", platform: "photos" };

    fn rendered(expose: &Value) -> Value {
        let expose: Expose = serde_json::from_value(expose.clone()).unwrap();
        child(&FAMILY, Some(&expose)).unwrap().unwrap().object
    }

    #[test]
    fn an_ingress_leads_to_both_roles() {
        let ingress = rendered(&json!({"ingress": {
            "className": "edge", "host": "photos.example.org", "tlsSecretName": "cert", "annotations": {"a": "b"},
        }}));
        assert_eq!(ingress["apiVersion"], "networking.k8s.io/v1");
        assert_eq!(ingress["metadata"]["annotations"]["a"], "b");
        let backend = |name: &str, number: i32| json!({"service": {"name": name, "port": {"number": number}}});
        let expected = json!({
            "ingressClassName": "edge",
            "rules": [{"host": "photos.example.org", "http": {"paths": [
                {"path": "/socket.io", "pathType": "Prefix", "backend": backend("photos-events", 3003)},
                {"path": "/", "pathType": "Prefix", "backend": backend("photos-gateway", 3000)},
            ]}}],
            "tls": [{"hosts": ["photos.example.org"], "secretName": "cert"}],
        });
        assert_eq!(ingress["spec"], expected);
    }

    #[test]
    fn an_ingress_says_nothing_that_nobody_said() {
        let ingress = rendered(&json!({"ingress": {"host": "photos.example.org"}}));
        assert_eq!(ingress["spec"].as_object().unwrap().keys().collect::<Vec<_>>(), ["rules"]);
    }

    #[test]
    fn a_route_leads_to_both_roles() {
        let route = rendered(&json!({"httpRoute": {
            "parentRefs": [{"name": "edge", "namespace": "infra", "sectionName": "https"}, {"name": "inner"}],
            "hostnames": ["photos.example.org"],
        }}));
        assert_eq!(route["apiVersion"], "gateway.networking.k8s.io/v1");
        let rule = |prefix: &str, name: &str, number: i32| {
            json!({
                "matches": [{"path": {"type": "PathPrefix", "value": prefix}}],
                "backendRefs": [{"name": name, "port": number}],
            })
        };
        let expected = json!({
            "parentRefs": [{"name": "edge", "namespace": "infra", "sectionName": "https"}, {"name": "inner"}],
            "hostnames": ["photos.example.org"],
            "rules": [rule("/socket.io", "photos-events", 3003), rule("/", "photos-gateway", 3000)],
        });
        assert_eq!(route["spec"], expected);
    }

    #[test]
    fn what_is_not_exposed_has_neither() {
        assert!(child(&FAMILY, None).unwrap().is_none());
    }
}
