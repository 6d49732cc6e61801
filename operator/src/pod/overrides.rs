//! What people merge over a pod's template. It is refused by default: what is not listed here may not be said, and what
//! comes of it has to keep to Pod Security `restricted` as every pod of ours does.

use k8s_openapi::{DeepMerge, api::core::v1::PodTemplateSpec};
use serde_json::Value;

use super::restricted;
use crate::api::PodOverrides;

/// Why overrides are not merged. The text says where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("podOverrides of {component}: {rule}")]
pub struct OverrideRefused {
    component: &'static str,
    rule: String,
}

/// What may be said of a pod.
const TEMPLATE: &[&str] = &["metadata", "spec"];
const METADATA: &[&str] = &["labels", "annotations"];
const SPEC: &[&str] = &[
    "affinity",
    "containers",
    "dnsConfig",
    "dnsPolicy",
    "hostAliases",
    "initContainers",
    "nodeSelector",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "terminationGracePeriodSeconds",
    "tolerations",
    "topologySpreadConstraints",
];
const CONTAINER: &[&str] = &[
    "args",
    "command",
    "env",
    "image",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "name",
    "ports",
    "readinessProbe",
    "resources",
    "restartPolicy",
    "securityContext",
    "startupProbe",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "workingDir",
];
/// The operator says these of its own container: other fields of the resource are for them.
const OWN_CONTAINER: &[(&str, &str)] = &[
    ("image", "spec.images or worker.image names it"),
    ("command", "the operator says what runs"),
    ("args", "the operator says what runs"),
    ("ports", "the operator says where it listens"),
];
/// By these the operator finds its pods.
const OWN_LABELS: [&str; 2] = ["app.kubernetes.io/", "photoplatform.io/"];

/// The template with `overrides` merged over it, as `kubectl patch` does: containers and variables by their names, other
/// lists as a whole.
///
/// # Errors
/// Something is said that may not be said, or what comes of it does not keep to `restricted`.
pub(super) fn merged(
    mut template: PodTemplateSpec,
    overrides: &PodOverrides,
    component: &'static str,
) -> Result<PodTemplateSpec, OverrideRefused> {
    let refused = |rule: String| OverrideRefused { component, rule };
    let written = Value::Object(overrides.0.clone());
    check(&written, component).map_err(refused)?;
    let read: PodTemplateSpec = serde_json::from_value(written.clone())
        .map_err(|error| refused(format!("it is no piece of a pod's template: {error}")))?;
    let kept = serde_json::to_value(&read).map_err(|error| refused(error.to_string()))?;
    if let Some(field) = lost("", &written, &kept) {
        return Err(refused(format!("{field} is no field of a pod, or has no value that could be merged: correct it")));
    }
    template.merge_from(read);
    restricted::check(&template)
        .map_err(|rule| refused(format!("{rule}: pods keep to the Pod Security standard `restricted`")))?;
    Ok(template)
}

/// What is said that may not be said.
fn check(written: &Value, component: &str) -> Result<(), String> {
    only("", written, TEMPLATE)?;
    if let Some(metadata) = written.get("metadata") {
        only("metadata.", metadata, METADATA)?;
        let labels = metadata.get("labels").and_then(Value::as_object).into_iter().flatten();
        for (label, _) in labels {
            if OWN_LABELS.iter().any(|own| label.starts_with(own)) {
                return Err(format!("metadata.labels[{label}] is the operator's own: use another key"));
            }
        }
    }
    let Some(spec) = written.get("spec") else { return Ok(()) };
    only("spec.", spec, SPEC)?;
    for list in ["containers", "initContainers"] {
        for container in spec.get(list).and_then(Value::as_array).into_iter().flatten() {
            check_container(&format!("spec.{list}"), container, component)?;
        }
    }
    Ok(())
}

fn check_container(list: &str, container: &Value, component: &str) -> Result<(), String> {
    let Some(name) = container.get("name").and_then(Value::as_str) else {
        return Err(format!("an entry of {list} has no name: `{component}` is the operator's container"));
    };
    let place = format!("{list}[{name}].");
    only(&place, container, CONTAINER)?;
    if name == component {
        for (field, why) in OWN_CONTAINER {
            if container.get(field).is_some() {
                return Err(format!("{place}{field} may not be set here: {why}"));
            }
        }
    }
    for variable in container.get("env").and_then(Value::as_array).into_iter().flatten() {
        // Whoever may write a platform need not be one who may read every Secret beside it.
        if let Some(source) = variable.get("valueFrom") {
            only(&format!("{place}env.valueFrom."), source, &["fieldRef", "resourceFieldRef"])?;
        }
    }
    Ok(())
}

/// Whether an object has these fields only.
fn only(place: &str, object: &Value, allowed: &[&str]) -> Result<(), String> {
    let fields = object.as_object().into_iter().flatten();
    match fields.map(|(field, _)| field).find(|field| !allowed.contains(&field.as_str())) {
        Some(field) => Err(format!("{place}{field} may not be set; what may be is {}", allowed.join(", "))),
        None => Ok(()),
    }
}

/// A field of `written` that is not in `kept`: it was not understood.
fn lost(place: &str, written: &Value, kept: &Value) -> Option<String> {
    match (written, kept) {
        (Value::Object(written), Value::Object(kept)) => written.iter().find_map(|(name, value)| {
            let place = format!("{place}{}{name}", if place.is_empty() { "" } else { "." });
            match kept.get(name) {
                Some(kept) => lost(&place, value, kept),
                None => Some(place),
            }
        }),
        (Value::Array(written), Value::Array(kept)) if written.len() == kept.len() => {
            written.iter().zip(kept).find_map(|(written, kept)| lost(place, written, kept))
        }
        (Value::Array(_) | Value::Object(_) | Value::Null, _) => Some(place.to_owned()),
        (Value::Bool(_) | Value::Number(_) | Value::String(_), _) => None,
    }
}

#[cfg(test)]
mod tests;
