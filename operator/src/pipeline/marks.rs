//! The images that a pipeline's watermarks name. Each is in a ConfigMap of people's own, which is not watched: it is read by
//! name, now and then.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::ConfigMap;
use photo_core::pipeline::{ConfigMapKeyRef, PipelineSpec};

use crate::{
    apply::NotMade,
    context::Context,
    digest,
    marks::{self, MarkVersions},
    stall::Stall,
};

/// The version of each image.
///
/// # Errors
/// One is missing, or the API server does not answer.
pub(super) async fn read(spec: &PipelineSpec, namespace: &str, context: &Context) -> Result<MarkVersions, NotMade> {
    let images = spec.mark_images();
    let names: BTreeSet<&str> = images.iter().map(|image| image.name()).collect();
    let mut versions = MarkVersions::new();
    for name in names {
        let config_map = context.cluster.config_map(namespace, name).await?;
        for image in images.iter().filter(|image| image.name() == name) {
            versions.insert((*image).clone(), version(image, config_map.as_ref())?);
        }
    }
    Ok(versions)
}

/// What changes with the image's file, and with nothing else of its ConfigMap.
fn version(image: &ConfigMapKeyRef, config_map: Option<&ConfigMap>) -> Result<String, Stall> {
    let config_map = config_map.ok_or_else(|| Stall::ConfigMapMissing(image.clone()))?;
    let file = marks::file(config_map, image.key()).ok_or_else(|| Stall::ConfigMapKeyMissing(image.clone()))?;
    Ok(digest::of_bytes(file))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(config_map: Value) -> Result<String, Stall> {
        let image = ConfigMapKeyRef::new("logo", "mark.png").unwrap();
        version(&image, Some(&serde_json::from_value(config_map).unwrap()))
    }

    #[test]
    fn a_version_changes_with_the_file_alone() {
        let same = found(json!({"binaryData": {"mark.png": "YQ=="}})).unwrap();
        let more = json!({"metadata": {"resourceVersion": "2"}, "binaryData": {"mark.png": "YQ==", "b": "Yg=="}});
        assert_eq!(found(more).unwrap(), same);
        assert_eq!(found(json!({"data": {"mark.png": "a"}})).unwrap(), same, "text is bytes too");
        assert_ne!(found(json!({"binaryData": {"mark.png": "Yg=="}})).unwrap(), same);
    }

    #[test]
    fn what_is_missing_is_told_with_what_to_make() {
        let image = ConfigMapKeyRef::new("logo", "mark.png").unwrap();
        let missing = version(&image, None).unwrap_err();
        assert_eq!(missing.reason(), "ConfigMapMissing");
        let expected = "a watermark names the ConfigMap `logo`, which does not exist: make it, with the image under the key \
                        `mark.png`. Workers that run already stay as they are";
        assert_eq!(missing.to_string(), expected);
        let keyless = found(json!({"data": {"mark.jpg": "a"}})).unwrap_err();
        assert_eq!(keyless.reason(), "ConfigMapMissing");
        assert!(keyless.to_string().contains("lacks the key `mark.png`: add the image"), "{keyless}");
    }
}
