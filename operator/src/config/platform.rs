//! A platform's spec as the api role reads it.

use photo_core::platform::{GatewaySpec, PipelineRef, PlatformSpec, UploadSpec};

use super::{InvalidSpec, narrow};
use crate::api::PhotoPlatformSpec;

/// What the api role reads of a platform.
///
/// # Errors
/// A name or a number that it would refuse.
pub fn platform_spec(spec: &PhotoPlatformSpec) -> Result<PlatformSpec, InvalidSpec> {
    let default_pipeline_ref = spec.default_pipeline_ref.as_ref().map(|reference| {
        let name = reference.name.parse();
        let name = name.map_err(|invalid| InvalidSpec::Name { field: "defaultPipelineRef.name", invalid })?;
        Ok::<_, InvalidSpec>(PipelineRef { name })
    });
    let upload = spec.gateway.upload;
    Ok(PlatformSpec {
        default_pipeline_ref: default_pipeline_ref.transpose()?,
        gateway: GatewaySpec {
            upload: UploadSpec {
                max_bytes: narrow("gateway.upload.maxBytes", upload.max_bytes)?,
                max_files: narrow("gateway.upload.maxFiles", upload.max_files)?,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::yaml;

    #[test]
    fn defaults_are_those_of_the_role() {
        let spec: PhotoPlatformSpec = serde_json::from_value(json!({})).unwrap();
        assert_eq!(platform_spec(&spec).unwrap(), PlatformSpec::default());
    }

    #[test]
    fn what_is_written_is_read_as_it_was_meant() {
        let written = json!({
            "defaultPipelineRef": {"name": "007"},
            "gateway": {"upload": {"maxBytes": 10_737_418_240_i64, "maxFiles": 3}, "replicas": 7},
        });
        let spec = platform_spec(&serde_json::from_value(written).unwrap()).unwrap();
        assert_eq!(spec.default_pipeline_ref.clone().unwrap().name.as_str(), "007");
        assert_eq!((spec.gateway.upload.max_bytes, spec.gateway.upload.max_files), (10_737_418_240, 3));
        assert_eq!(serde_saphyr::from_str::<PlatformSpec>(&yaml(&spec).unwrap()).unwrap(), spec);
    }

    #[test]
    fn what_the_role_would_refuse_is_refused_with_its_place() {
        let refused = |written| platform_spec(&serde_json::from_value(written).unwrap()).unwrap_err().to_string();
        assert!(refused(json!({"defaultPipelineRef": {"name": "Full"}})).contains("defaultPipelineRef.name"));
        assert!(refused(json!({"gateway": {"upload": {"maxBytes": -1}}})).contains("gateway.upload.maxBytes: -1"));
    }
}
