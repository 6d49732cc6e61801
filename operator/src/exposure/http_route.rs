//! An HTTPRoute, as much of it as is written here: its kind comes with the Gateway API, not with Kubernetes.

use serde::Serialize;

use super::PATHS;
use crate::api::{self, ParentRef};

#[derive(Debug, Serialize)]
pub(super) struct HttpRoute {
    spec: Spec,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    parent_refs: Vec<ParentRef>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hostnames: Vec<String>,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    matches: [Match; 1],
    backend_refs: [Backend; 1],
}

#[derive(Debug, Serialize)]
struct Match {
    path: PathMatch,
}

#[derive(Debug, Serialize)]
struct PathMatch {
    r#type: &'static str,
    value: &'static str,
}

#[derive(Debug, Serialize)]
struct Backend {
    name: String,
    port: i32,
}

impl HttpRoute {
    pub(super) fn of(platform: &str, route: &api::HttpRoute) -> Self {
        let rules = PATHS.iter().map(|path| Rule {
            matches: [Match { path: PathMatch { r#type: "PathPrefix", value: path.prefix } }],
            backend_refs: [Backend { name: path.component.of(platform), port: path.port }],
        });
        let spec =
            Spec { parent_refs: route.parent_refs.clone(), hostnames: route.hostnames.clone(), rules: rules.collect() };
        Self { spec }
    }
}
