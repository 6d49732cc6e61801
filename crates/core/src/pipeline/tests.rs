use super::*;

fn spec(stages: &serde_json::Value) -> Result<PipelineSpec, serde_json::Error> {
    serde_json::from_value(serde_json::json!({ "stages": stages }))
}

#[test]
fn names_are_dns_labels() {
    for refused in ["", "Full", "full_processing", "-a", "a-", "a.b", &"a".repeat(64)] {
        assert!(refused.parse::<PipelineName>().is_err(), "{refused:?}");
    }
    assert_eq!("full-processing".parse::<PipelineName>().unwrap().as_str(), "full-processing");
}

#[test]
fn a_stage_without_a_block_has_the_documented_defaults() {
    let spec = spec(&serde_json::json!([
        { "name": "check", "type": "Validation" },
        { "name": "thumbs", "type": "Thumbnails" },
    ]))
    .unwrap();
    spec.validate().unwrap();
    let StageKind::Thumbnails(thumbnails) = &spec.stages[1].kind else { panic!("not thumbnails") };
    let boxes: Vec<_> = thumbnails.sizes.iter().map(|s| (s.name.as_str(), s.width, s.height, s.fit)).collect();
    assert_eq!(boxes, [("150", 150, 150, Fit::Inside), ("300", 300, 300, Fit::Inside), ("600", 600, 600, Fit::Inside)]);
    assert_eq!(thumbnails.format, OutputFormat::Jpeg);
    let optimization = OptimizationSpec::default();
    assert_eq!((optimization.format, optimization.preserve_exif), (OptimizedFormat::Jpeg, false));
}

#[test]
fn what_is_not_a_pipeline_is_refused_with_the_field() {
    let thumbs = |sizes: serde_json::Value| serde_json::json!([{ "name": "t", "type": "Thumbnails", "thumbnails": { "sizes": sizes } }]);
    let cases = [
        (serde_json::json!([]), "1 to 16 stages"),
        (
            serde_json::json!([{ "name": "a", "type": "Validation" }, { "name": "a", "type": "Validation" }]),
            "two stages",
        ),
        (serde_json::json!([{ "name": "a", "type": "Validation", "validation": { "maxPixels": 0 } }]), "maxPixels"),
        (thumbs(serde_json::json!([{ "name": "s", "width": 8, "height": 100 }])), "width: 8 is out of bounds"),
        (thumbs(serde_json::json!([])), "count"),
        (
            thumbs(
                serde_json::json!([{ "name": "s", "width": 20, "height": 20 }, { "name": "s", "width": 30, "height": 30 }]),
            ),
            "two outputs are named `s`",
        ),
        (
            serde_json::json!([
                { "name": "small", "type": "Thumbnails", "thumbnails": { "sizes": [{ "name": "optimized", "width": 20, "height": 20 }] } },
                { "name": "whole", "type": "Optimization" },
            ]),
            "two outputs are named `optimized`",
        ),
        (
            serde_json::json!([{ "name": "a", "type": "Metadata", "dependsOn": ["b"] }, { "name": "b", "type": "Validation" }]),
            "list `b` earlier",
        ),
        (serde_json::json!([{ "name": "a", "type": "Metadata", "dependsOn": ["a"] }]), "depends on `a`"),
        (
            serde_json::json!([{ "name": "a", "type": "Validation" }, { "name": "b", "type": "Metadata", "dependsOn": ["a", "a"] }]),
            "`b` depends on `a` twice",
        ),
        (serde_json::json!([{ "name": "a", "type": "Metadata", "timeoutSeconds": 0 }]), "stages.timeoutSeconds: 0"),
        (
            serde_json::json!([{ "name": "a", "type": "Optimization", "optimization": { "qualityPercent": 0 } }]),
            "optimization.qualityPercent",
        ),
        (marked(&serde_json::json!({ "text": "" })), "watermark.text (characters): 0"),
        (marked(&serde_json::json!({ "text": "a".repeat(201) })), "watermark.text (characters): 201"),
        (marked(&serde_json::json!({ "text": "one\ntwo" })), "it is one line"),
        (marked(&serde_json::json!({ "text": "\u{a0} " })), "more than spaces"),
        (marked(&serde_json::json!({ "text": "x", "opacityPercent": 0 })), "watermark.opacityPercent: 0"),
        (marked(&serde_json::json!({ "text": "x", "sizePercent": 101 })), "watermark.sizePercent: 101"),
    ];
    for (stages, reason) in cases {
        let error = spec(&stages).unwrap().validate().unwrap_err().to_string();
        assert!(error.contains(reason), "{stages}: {error}");
    }
}

/// A mark with these settings, and the picture that carries it.
fn marked(watermark: &serde_json::Value) -> serde_json::Value {
    serde_json::json!([{ "name": "mark", "type": "Watermark", "watermark": watermark }, { "name": "slim", "type": "Optimization" }])
}

#[test]
fn a_mark_is_listed_before_a_stage_whose_picture_carries_it() {
    let mark = |state: &str| serde_json::json!({ "name": "mark", "type": "Watermark", "state": state, "watermark": { "text": "©" } });
    let other = |kind: &str| serde_json::json!({ "name": kind.to_lowercase(), "type": kind });
    let checked = |stages: Vec<serde_json::Value>| spec(&stages.into()).unwrap().validate();
    for after in [vec![], vec![other("Metadata")], vec![other("Validation"), other("Metadata")]] {
        let all = |state: &str| [vec![other("Thumbnails"), mark(state)], after.clone()].concat();
        let error = checked(all("Enabled")).unwrap_err().to_string();
        assert!(error.ends_with("list `mark` before the stages whose pictures shall carry it"), "{error}");
        checked(all("Disabled")).unwrap();
    }
    for after in ["Thumbnails", "Optimization"] {
        checked(vec![mark("Enabled"), other("Metadata"), other(after)]).unwrap();
    }
}

#[test]
fn two_hundred_characters_of_any_script_are_a_mark() {
    spec(&marked(&serde_json::json!({ "text": "ш".repeat(200) }))).unwrap().validate().unwrap();
}

#[test]
fn a_mark_is_either_text_or_image() {
    let image = serde_json::json!({ "name": "logo", "key": "mark.png" });
    for (watermark, reason) in [
        (serde_json::json!({ "opacityPercent": 9 }), "needs `text` or `imageConfigMapRef`: write what it shows"),
        (serde_json::json!({ "text": "x", "imageConfigMapRef": image }), "not both: keep one"),
        (
            serde_json::json!({ "imageConfigMapRef": { "name": "Logo", "key": "a" } }),
            "`Logo` is not a ConfigMap's name",
        ),
        (
            serde_json::json!({ "imageConfigMapRef": { "name": "logo", "key": "../a" } }),
            "`../a` is not a ConfigMap's key",
        ),
    ] {
        let error = spec(&marked(&watermark)).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn the_images_of_enabled_marks_are_needed() {
    let mark = |name: &str, state: &str, watermark: serde_json::Value| serde_json::json!({ "name": name, "type": "Watermark", "state": state, "watermark": watermark });
    let image = |name: &str, key: &str| serde_json::json!({ "imageConfigMapRef": { "name": name, "key": key } });
    let spec = spec(&serde_json::json!([
        mark("a", "Enabled", image("logo", "b.png")),
        mark("b", "Enabled", image("logo", "a.png")),
        mark("c", "Enabled", image("logo", "b.png")),
        mark("d", "Disabled", image("logo", "c.png")),
        mark("e", "Enabled", serde_json::json!({ "text": "x" })),
        { "name": "slim", "type": "Optimization" },
    ]))
    .unwrap();
    spec.validate().unwrap();
    let needed: Vec<String> = spec.mark_images().into_iter().map(ToString::to_string).collect();
    assert_eq!(needed, ["logo/a.png", "logo/b.png"]);
}

#[test]
fn unknown_fields_and_types_are_errors() {
    for stages in [
        serde_json::json!([{ "name": "a", "type": "Sharpen" }]),
        serde_json::json!([{ "name": "a", "type": "Validation", "validation": { "maxPixel": 5 } }]),
        serde_json::json!([{ "name": "a", "type": "Validation", "thumbnails": {} }]),
        serde_json::json!([{ "name": "a", "type": "Metadata", "metadata": {}, "optimization": {} }]),
        serde_json::json!([{ "name": "a", "type": "Metadata", "onFailure": "Ignore" }]),
        serde_json::json!([{ "name": "a", "type": "Thumbnails", "thumbnails": { "format": "Original" } }]),
        serde_json::json!([{ "name": "a", "type": "Optimization", "optimization": { "format": "Webp" } }]),
        serde_json::json!([{ "name": "a", "type": "Watermark" }]),
        serde_json::json!([{ "name": "a", "type": "Watermark", "watermark": {} }]),
        serde_json::json!([{ "name": "a", "type": "Optimization", "watermark": { "text": "x" } }]),
        serde_json::json!([{ "name": "a", "type": "Watermark", "watermark": { "text": "x", "position": "Left" } }]),
        marked(&serde_json::json!({ "text": "x", "image": "y" })),
        marked(&serde_json::json!({ "imageConfigMapRef": { "name": "logo" } })),
        marked(&serde_json::json!({ "imageConfigMapRef": { "name": "logo", "key": "mark.png", "namespace": "a" } })),
    ] {
        assert!(spec(&stages).is_err(), "{stages}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    let written = serde_json::json!({
        "platformRef": { "name": "photos" },
        "queue": { "priority": 2, "jobOptions": { "attempts": 5, "backoff": { "type": "Fixed", "delaySeconds": 1, "maxDelaySeconds": 9 } } },
        "stages": [
            { "name": "check", "type": "Validation", "state": "Enabled", "timeoutSeconds": 5, "onFailure": "Fail",
              "validation": { "maxBytes": 10, "maxPixels": 20 } },
            { "name": "facts", "type": "Metadata", "state": "Disabled", "dependsOn": ["check"], "timeoutSeconds": 60,
              "onFailure": "Skip", "metadata": { "gps": "Keep" } },
            { "name": "mark", "type": "Watermark", "state": "Enabled", "timeoutSeconds": 60, "onFailure": "Fail",
              "watermark": { "text": "© <Ана> & \"Bob\"", "position": "Center", "opacityPercent": 20, "sizePercent": 30 } },
            { "name": "logo", "type": "Watermark", "state": "Enabled", "timeoutSeconds": 60, "onFailure": "Fail",
              "watermark": { "imageConfigMapRef": { "name": "logo", "key": "mark.png" }, "position": "TopLeft",
                "opacityPercent": 50, "sizePercent": 25 } },
            { "name": "slim", "type": "Optimization", "state": "Enabled", "timeoutSeconds": 60, "onFailure": "Fail",
              "optimization": { "format": "Original", "qualityPercent": 70, "effort": "Best", "preserveExif": true } },
            { "name": "small", "type": "Thumbnails", "state": "Enabled", "timeoutSeconds": 60, "onFailure": "Fail",
              "thumbnails": { "sizes": [{ "name": "s", "width": 16, "height": 17, "fit": "Cover" }], "format": "WebP",
                "qualityPercent": 71 } },
        ],
        "worker": { "concurrency": 3, "drainTimeoutSeconds": 30 },
    });
    let spec: PipelineSpec = serde_json::from_value(written.clone()).unwrap();
    spec.validate().unwrap();
    assert_eq!(serde_json::to_value(&spec).unwrap(), written);
}
