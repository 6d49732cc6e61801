//! Fields of the API that mean nothing where there are no pods: they are taken, so that the same documents run here and in
//! a cluster, and told.

use photo_operator::api::{ObjectRef, PhotoPlatformSpec, ProcessingPipelineSpec};
use serde::Serialize;
use serde_json::{Value, json};

/// What a platform on one machine is made from, by the path within its spec.
const OF_PLATFORM: [&str; 3] = ["operation", "defaultPipelineRef", "gateway.upload"];
/// The same of a pipeline.
const OF_PIPELINE: [&str; 6] =
    ["platformRef", "operation", "queue", "stages", "worker.concurrency", "worker.drainTimeoutSeconds"];

/// Fields of a platform that are set and not read.
pub(super) fn of_platform(spec: &PhotoPlatformSpec) -> Vec<String> {
    differing(spec, serde_json::from_value::<PhotoPlatformSpec>(json!({})).ok().as_ref(), &OF_PLATFORM)
}

/// Fields of a pipeline that are set and not read.
pub(super) fn of_pipeline(spec: &ProcessingPipelineSpec) -> Vec<String> {
    let plain = json!({ "platformRef": ObjectRef { name: String::new() }, "stages": [] });
    differing(spec, serde_json::from_value::<ProcessingPipelineSpec>(plain).ok().as_ref(), &OF_PIPELINE)
}

/// Fields that are not as where nobody writes them. One that is written as its default can't be told from one that is
/// not written, and changes nothing either.
fn differing<S: Serialize>(spec: &S, plain: Option<&S>, read: &[&str]) -> Vec<String> {
    let value = |spec: Option<&S>| spec.and_then(|spec| serde_json::to_value(spec).ok()).unwrap_or_default();
    let mut found = Vec::new();
    compare("", &value(Some(spec)), &value(plain), read, &mut found);
    // Whether a map of `serde_json` keeps an order depends on features of other crates.
    found.sort();
    found
}

fn compare(path: &str, written: &Value, plain: &Value, read: &[&str], found: &mut Vec<String>) {
    let within =
        |path: &str| read.iter().any(|field| field.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')));
    for (name, field) in written.as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let default = plain.get(name).unwrap_or(&Value::Null);
        if read.contains(&path.as_str()) || field == default {
            continue;
        }
        if within(&path) {
            compare(&path, field, default, read, found);
        } else {
            found.push(format!("spec.{path}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_or_not_written_is_not_told() {
        let platform = json!({"defaultPipelineRef": {"name": "full"}, "gateway": {"upload": {"maxFiles": 3}}});
        assert_eq!(of_platform(&serde_json::from_value(platform).unwrap()), Vec::<String>::new());
        let pipeline = json!({
            "platformRef": {"name": "home"}, "operation": "Paused", "queue": {"priority": 1},
            "stages": [{"name": "a", "type": "Metadata"}], "worker": {"concurrency": 3, "drainTimeoutSeconds": 5},
        });
        assert_eq!(of_pipeline(&serde_json::from_value(pipeline).unwrap()), Vec::<String>::new());
    }

    #[test]
    fn what_only_a_cluster_reads_is_told() {
        let platform = json!({
            "deletionPolicy": "Delete", "redis": {"managed": {"maxMemoryPercent": 50}},
            "gateway": {"upload": {"maxFiles": 3}, "replicas": 3},
        });
        let found = of_platform(&serde_json::from_value(platform).unwrap());
        assert_eq!(found, ["spec.deletionPolicy", "spec.gateway.replicas", "spec.redis"]);
        let pipeline = json!({
            "platformRef": {"name": "home"}, "stages": [], "replicas": 2,
            "worker": {"concurrency": 3, "image": "worker:2"},
        });
        let found = of_pipeline(&serde_json::from_value(pipeline).unwrap());
        assert_eq!(found, ["spec.replicas", "spec.worker.image"]);
    }
}
