//! A pipeline's spec as workers read it.

use photo_core::pipeline::{self as core, PipelineSpec, StageKind, StageSpec};

use super::{InvalidSpec, narrow};
use crate::api::{
    BackoffType, Effort, Fit, Gps, OnFailure, Optimization, OptimizedFormat, Position, ProcessingPipelineSpec, Queue,
    Stage, StageType, Switch, ThumbnailFormat, ThumbnailSize, Thumbnails, Validation, Watermark, Worker,
};

/// What workers read of a pipeline, checked as they check it.
///
/// # Errors
/// A name, a number or an order of stages that they would refuse.
pub fn pipeline_spec(spec: &ProcessingPipelineSpec) -> Result<PipelineSpec, InvalidSpec> {
    let name = spec.platform_ref.name.parse();
    let name = name.map_err(|invalid| InvalidSpec::Name { field: "platformRef.name", invalid })?;
    let spec = PipelineSpec {
        platform_ref: Some(core::PlatformRef { name }),
        queue: queue(&spec.queue)?,
        stages: spec.stages.iter().map(stage).collect::<Result<_, _>>()?,
        worker: worker(&spec.worker)?,
    };
    spec.validate()?;
    Ok(spec)
}

fn queue(queue: &Queue) -> Result<core::QueueSpec, InvalidSpec> {
    let backoff = queue.job_options.backoff;
    Ok(core::QueueSpec {
        priority: narrow::<_, u8>("queue.priority", queue.priority)?.try_into()?,
        job_options: core::JobOptions {
            attempts: narrow("queue.jobOptions.attempts", queue.job_options.attempts)?,
            backoff: core::BackoffSpec {
                r#type: match backoff.r#type {
                    BackoffType::Exponential => core::BackoffType::Exponential,
                    BackoffType::Fixed => core::BackoffType::Fixed,
                },
                delay_seconds: narrow("queue.jobOptions.backoff.delaySeconds", backoff.delay_seconds)?,
                max_delay_seconds: narrow("queue.jobOptions.backoff.maxDelaySeconds", backoff.max_delay_seconds)?,
            },
        },
    })
}

fn worker(worker: &Worker) -> Result<core::WorkerSpec, InvalidSpec> {
    Ok(core::WorkerSpec {
        concurrency: narrow("worker.concurrency", worker.concurrency)?,
        drain_timeout_seconds: narrow("worker.drainTimeoutSeconds", worker.drain_timeout_seconds)?,
    })
}

fn stage(stage: &Stage) -> Result<StageSpec, InvalidSpec> {
    let depends_on = stage.depends_on.iter().map(|name| name_at("stages.dependsOn", name));
    Ok(StageSpec {
        name: name_at("stages.name", &stage.name)?,
        state: match stage.state {
            Switch::Enabled => core::StageState::Enabled,
            Switch::Disabled => core::StageState::Disabled,
        },
        depends_on: depends_on.collect::<Result<_, _>>()?,
        timeout_seconds: narrow("stages.timeoutSeconds", stage.timeout_seconds)?,
        on_failure: match stage.on_failure {
            OnFailure::Fail => core::OnFailure::Fail,
            OnFailure::Skip => core::OnFailure::Skip,
        },
        kind: kind(stage)?,
    })
}

fn name_at<Name: std::str::FromStr<Err = core::InvalidName>>(
    field: &'static str,
    text: &str,
) -> Result<Name, InvalidSpec> {
    text.parse().map_err(|invalid| InvalidSpec::Name { field, invalid })
}

/// What a stage does. A block of another type's settings is refused, and not left out.
fn kind(stage: &Stage) -> Result<StageKind, InvalidSpec> {
    let blocks = [
        (StageType::Validation, "validation", stage.validation.is_some()),
        (StageType::Thumbnails, "thumbnails", stage.thumbnails.is_some()),
        (StageType::Metadata, "metadata", stage.metadata.is_some()),
        (StageType::Optimization, "optimization", stage.optimization.is_some()),
        (StageType::Watermark, "watermark", stage.watermark.is_some()),
    ];
    if let Some((_, block, _)) = blocks.into_iter().find(|(r#type, _, is_set)| *is_set && *r#type != stage.r#type) {
        return Err(InvalidSpec::Settings { stage: stage.name.clone(), block });
    }
    Ok(match stage.r#type {
        StageType::Validation => StageKind::Validation(validation(stage.validation.unwrap_or_default())?),
        StageType::Thumbnails => StageKind::Thumbnails(thumbnails(&stage.thumbnails.clone().unwrap_or_default())?),
        StageType::Metadata => {
            let gps = match stage.metadata.unwrap_or_default().gps {
                Gps::Keep => core::GpsPolicy::Keep,
                Gps::Strip => core::GpsPolicy::Strip,
            };
            StageKind::Metadata(core::MetadataSpec { gps })
        }
        StageType::Optimization => StageKind::Optimization(optimization(stage.optimization.unwrap_or_default())?),
        StageType::Watermark => match &stage.watermark {
            Some(settings) => StageKind::Watermark(watermark(settings)?),
            None => return Err(InvalidSpec::NoSettings { stage: stage.name.clone(), block: "watermark" }),
        },
    })
}

fn watermark(settings: &Watermark) -> Result<core::WatermarkSpec, InvalidSpec> {
    let image = settings.image_config_map_ref.as_ref();
    let image = image.map(|image| core::ConfigMapKeyRef::new(&image.name, &image.key)).transpose()?;
    Ok(core::WatermarkSpec {
        content: core::WatermarkContent::of(settings.text.clone(), image)?,
        position: match settings.position {
            Position::TopLeft => core::WatermarkPosition::TopLeft,
            Position::TopRight => core::WatermarkPosition::TopRight,
            Position::BottomLeft => core::WatermarkPosition::BottomLeft,
            Position::BottomRight => core::WatermarkPosition::BottomRight,
            Position::Center => core::WatermarkPosition::Center,
        },
        opacity_percent: narrow("stages.watermark.opacityPercent", settings.opacity_percent)?,
        size_percent: narrow("stages.watermark.sizePercent", settings.size_percent)?,
    })
}

fn validation(settings: Validation) -> Result<core::ValidationSpec, InvalidSpec> {
    Ok(core::ValidationSpec {
        max_bytes: narrow("stages.validation.maxBytes", settings.max_bytes)?,
        max_pixels: narrow("stages.validation.maxPixels", settings.max_pixels)?,
    })
}

fn thumbnails(settings: &Thumbnails) -> Result<core::ThumbnailsSpec, InvalidSpec> {
    Ok(core::ThumbnailsSpec {
        sizes: settings.sizes.iter().map(size).collect::<Result<_, _>>()?,
        format: match settings.format {
            ThumbnailFormat::Jpeg => core::OutputFormat::Jpeg,
            ThumbnailFormat::WebP => core::OutputFormat::WebP,
            ThumbnailFormat::Png => core::OutputFormat::Png,
        },
        quality_percent: narrow("stages.thumbnails.qualityPercent", settings.quality_percent)?,
    })
}

fn optimization(settings: Optimization) -> Result<core::OptimizationSpec, InvalidSpec> {
    Ok(core::OptimizationSpec {
        format: match settings.format {
            OptimizedFormat::Original => core::OptimizedFormat::Original,
            OptimizedFormat::Jpeg => core::OptimizedFormat::Jpeg,
            OptimizedFormat::WebP => core::OptimizedFormat::WebP,
            OptimizedFormat::Png => core::OptimizedFormat::Png,
        },
        quality_percent: narrow("stages.optimization.qualityPercent", settings.quality_percent)?,
        effort: match settings.effort {
            Effort::Fast => core::Effort::Fast,
            Effort::Balanced => core::Effort::Balanced,
            Effort::Best => core::Effort::Best,
        },
        preserve_exif: settings.preserve_exif,
    })
}

fn size(size: &ThumbnailSize) -> Result<core::ThumbnailSize, InvalidSpec> {
    Ok(core::ThumbnailSize {
        name: name_at("stages.thumbnails.sizes.name", &size.name)?,
        width: narrow("stages.thumbnails.sizes.width", size.width)?,
        height: narrow("stages.thumbnails.sizes.height", size.height)?,
        fit: match size.fit {
            Fit::Inside => core::Fit::Inside,
            Fit::Cover => core::Fit::Cover,
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::yaml;

    fn spec(written: Value) -> Result<PipelineSpec, InvalidSpec> {
        pipeline_spec(&serde_json::from_value(written).unwrap())
    }

    fn both(written: Value) -> [PipelineSpec; 2] {
        [spec(written.clone()).unwrap(), serde_json::from_value(written).unwrap()]
    }

    /// Everything that may be left out is, and then nothing is.
    #[test]
    fn the_api_and_the_worker_read_the_same_document_alike() {
        let kinds = ["Validation", "Thumbnails", "Metadata", "Watermark", "Optimization"];
        let mut stages = kinds.map(|kind| json!({"name": kind.to_lowercase(), "type": kind}));
        stages[3]["watermark"] = json!({"text": "©"});
        let [converted, read] = both(json!({"platformRef": {"name": "photos"}, "stages": stages}));
        assert_eq!(converted, read);
        let [converted, read] = both(json!({
            "platformRef": {"name": "photos"},
            "queue": {"priority": 2, "jobOptions": {
                "attempts": 7, "backoff": {"type": "Fixed", "delaySeconds": 9, "maxDelaySeconds": 11}}},
            "stages": [
                {"name": "check", "type": "Validation", "state": "Disabled", "timeoutSeconds": 5,
                    "validation": {"maxBytes": 77, "maxPixels": 88}},
                {"name": "0150", "type": "Thumbnails", "dependsOn": ["check"], "onFailure": "Skip",
                    "thumbnails": {"format": "WebP", "qualityPercent": 33, "sizes": [
                        {"name": "150", "width": 16, "height": 17, "fit": "Cover"}, {"name": "no", "width": 18, "height": 19}]}},
                {"name": "read", "type": "Metadata", "metadata": {"gps": "Keep"}},
                {"name": "mark", "type": "Watermark",
                    "watermark": {"text": "{Ана}: #1", "position": "TopLeft", "opacityPercent": 12, "sizePercent": 34}},
                {"name": "logo", "type": "Watermark", "watermark": {"imageConfigMapRef": {"name": "a.b", "key": ".C_d"}}},
                {"name": "shrink", "type": "Optimization", "optimization": {"format": "Original", "qualityPercent": 44,
                    "preserveExif": true}},
            ],
            "worker": {"concurrency": 5, "drainTimeoutSeconds": 66},
        }));
        assert_eq!(converted, read);
        assert_eq!(serde_saphyr::from_str::<PipelineSpec>(&yaml(&converted).unwrap()).unwrap(), converted);
    }

    #[test]
    fn what_workers_would_refuse_is_refused() {
        let refused = |stages: Value| spec(json!({"platformRef": {"name": "photos"}, "stages": stages})).unwrap_err();
        let foreign = json!([{"name": "a", "type": "Metadata", "optimization": {}}]);
        assert!(matches!(refused(foreign), InvalidSpec::Settings { block: "optimization", .. }));
        let bare = json!([{"name": "a", "type": "Watermark"}]);
        assert!(matches!(refused(bare), InvalidSpec::NoSettings { block: "watermark", .. }));
        let marked = |watermark: Value| json!([{"name": "a", "type": "Watermark", "watermark": watermark}]);
        let logo = json!({"name": "logo", "key": "mark.png"});
        let of_nothing = refused(marked(json!({})));
        assert!(matches!(of_nothing, InvalidSpec::Content(core::InvalidContent::Nothing)));
        let of_both = refused(marked(json!({"text": "x", "imageConfigMapRef": logo})));
        assert!(matches!(of_both, InvalidSpec::Content(core::InvalidContent::Both)));
        let elsewhere = refused(marked(json!({"imageConfigMapRef": {"name": "logo", "key": "../mark.png"}})));
        assert!(matches!(elsewhere, InvalidSpec::ConfigMapKey(core::InvalidConfigMapKey::Key(_))));
        let unseen = json!([{"name": "a", "type": "Watermark", "watermark": {"text": "x"}}]);
        assert!(matches!(refused(unseen), InvalidSpec::Pipeline(core::InvalidPipeline::UnseenWatermark(_))));
        let unknown = json!([{"name": "a", "type": "Metadata", "dependsOn": ["b"]}]);
        assert!(matches!(refused(unknown), InvalidSpec::Pipeline(core::InvalidPipeline::UnknownDependency { .. })));
        let upper = json!([{"name": "A", "type": "Metadata"}]);
        assert!(matches!(refused(upper), InvalidSpec::Name { field: "stages.name", .. }));
        let negative = json!([{"name": "a", "type": "Metadata", "timeoutSeconds": -1}]);
        assert!(matches!(refused(negative), InvalidSpec::Number { value: -1, .. }));
    }
}
