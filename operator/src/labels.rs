//! Labels and annotations: how children are found, and what is noted on them.

use std::collections::BTreeMap;

use crate::names::Component;

/// Value of `app.kubernetes.io/managed-by` on everything that the operator makes; its watches select by it.
pub const MANAGED_BY: &str = "photo-operator";
/// The platform that a child belongs to.
pub const PLATFORM: &str = "photoplatform.io/platform";
/// The pipeline that a child belongs to, where it belongs to one.
pub const PIPELINE: &str = "photoplatform.io/pipeline";
/// The uid of a child's owner: what a retained child is adopted by, and what pruning goes by.
pub const OWNER_UID: &str = "photoplatform.io/owner-uid";
/// Hash of the rendered object: tells when a field is no longer set.
pub const RENDERED: &str = "photoplatform.io/rendered";
/// On a pod template: hash of the configuration that its process read at its start.
pub const CONFIG: &str = "photoplatform.io/config";
/// On a pod template: which Secrets, in which versions, its process was started with.
pub const SECRETS: &str = "photoplatform.io/secrets";

/// The version of whatever made an object.
pub const VERSION: &str = "app.kubernetes.io/version";

/// Labels by which the pods of a component are selected. They never change: a selector is immutable.
pub fn selector(component: Component, platform: &str, pipeline: Option<&str>) -> BTreeMap<String, String> {
    let mut labels = vec![
        ("app.kubernetes.io/component", component.as_str()),
        ("app.kubernetes.io/managed-by", MANAGED_BY),
        (PLATFORM, platform),
    ];
    labels.extend(pipeline.map(|pipeline| (PIPELINE, pipeline)));
    labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The same as the text by which the API server selects.
pub fn selector_text(component: Component, platform: &str, pipeline: Option<&str>) -> String {
    let labels = selector(component, platform, pipeline);
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    labels.join(",")
}

/// All labels of a child of that component.
pub fn of(component: Component, platform: &str, pipeline: Option<&str>) -> BTreeMap<String, String> {
    let mut labels = selector(component, platform, pipeline);
    let own = [
        ("app.kubernetes.io/name", "photo-platform"),
        ("app.kubernetes.io/instance", pipeline.unwrap_or(platform)),
        ("app.kubernetes.io/part-of", platform),
        (VERSION, env!("CARGO_PKG_VERSION")),
    ];
    labels.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    labels
}

/// Labels by which all pods of a platform are selected, those of its pipelines too.
pub fn selector_of_all(platform: &str) -> BTreeMap<String, String> {
    let labels = [("app.kubernetes.io/managed-by", MANAGED_BY), (PLATFORM, platform)];
    labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// All labels of a child that belongs to the whole platform, for that purpose.
pub fn of_whole(platform: &str, purpose: &str) -> BTreeMap<String, String> {
    let mut labels = selector_of_all(platform);
    let own = [
        ("app.kubernetes.io/component", purpose),
        ("app.kubernetes.io/name", "photo-platform"),
        ("app.kubernetes.io/instance", platform),
        ("app.kubernetes.io/part-of", platform),
        (VERSION, env!("CARGO_PKG_VERSION")),
    ];
    labels.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    labels
}

/// Labels by which the operator's own pods are selected, within their namespace.
pub fn selector_of_operator() -> BTreeMap<String, String> {
    BTreeMap::from([("app.kubernetes.io/name".to_owned(), MANAGED_BY.to_owned())])
}
