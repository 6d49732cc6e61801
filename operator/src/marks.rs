//! The images that pipelines lay onto pictures, each in a ConfigMap.

use std::collections::BTreeMap;

pub use k8s_openapi::api::core::v1::ConfigMap;
use photo_core::pipeline::ConfigMapKeyRef;

/// A hash of each image's file, by which a changed one is told.
pub type MarkVersions = BTreeMap<ConfigMapKeyRef, String>;

/// The file under a key of a ConfigMap, whether it is kept as bytes or as text.
pub fn file<'a>(config_map: &'a ConfigMap, key: &str) -> Option<&'a [u8]> {
    let bytes = config_map.binary_data.as_ref().and_then(|files| files.get(key));
    let text = || config_map.data.as_ref().and_then(|files| files.get(key));
    bytes.map(|bytes| bytes.0.as_slice()).or_else(|| text().map(String::as_bytes))
}
