//! New pipelines.

use serde_json::{Value, json};

use super::judge;

/// The spec of a pipeline with these stages.
pub(super) fn of(stages: &Value) -> Value {
    json!({"platformRef": {"name": "some"}, "stages": stages})
}

/// A stage of a type that makes nothing.
fn stage(name: &str, depends_on: &[&str]) -> Value {
    json!({"name": name, "type": "Metadata", "dependsOn": depends_on})
}

fn thumbnails(name: &str, sizes: &[&str]) -> Value {
    let sizes: Vec<Value> = sizes.iter().map(|name| json!({"name": name, "width": 16, "height": 16})).collect();
    json!({"name": name, "type": "Thumbnails", "thumbnails": {"sizes": sizes}})
}

#[tokio::test]
async fn stages_are_in_an_order_in_which_they_can_run() {
    let later = "dependsOn may only name stages that are listed before: move the stage down, or correct the name";
    let refused = Some(("spec.stages", later));
    let many: Vec<Value> = (0..16)
        .map(|index: usize| {
            let names: Vec<String> = (index.saturating_sub(8)..index).map(|other| format!("stage-{other}")).collect();
            stage(&format!("stage-{index}"), &names.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .collect();
    let too_many: Vec<Value> = (0..17).map(|index| stage(&format!("stage-{index}"), &[])).collect();
    judge(
        "ProcessingPipeline",
        vec![
            (of(&json!([stage("a", &[]), stage("b", &["a"])])), None),
            (of(&json!(many)), None),
            (of(&json!(too_many)), Some(("spec.stages", "must have at most 16 items"))),
            (of(&json!([])), Some(("spec.stages", "should have at least 1 items"))),
            (of(&json!([stage("a", &["b"]), stage("b", &["a"])])), refused),
            (of(&json!([stage("a", &["a"])])), refused),
            (of(&json!([stage("a", &["b"]), stage("b", &[])])), refused),
            (of(&json!([stage("a", &["nowhere"])])), refused),
            (
                of(&json!([stage("a", &[]), stage("b", &["a", "a"])])),
                Some(("spec.stages[1].dependsOn[1]", "Duplicate value: \"a\"")),
            ),
            (
                of(&json!([stage("a", &[]), stage("a", &[])])),
                Some(("spec.stages", "two stages have the same name: names are unique within a pipeline")),
            ),
            (of(&json!([stage("Upper", &[])])), Some(("spec.stages[0].name", "$'"))),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_stage_has_the_settings_of_its_type_only() {
    let with = |block: &str| json!([{"name": "a", "type": "Other", block: {}}]);
    let mut cases = Vec::new();
    for (block, words) in [
        ("validation", "the block validation belongs to stages of type Validation"),
        ("thumbnails", "the block thumbnails belongs to stages of type Thumbnails"),
        ("metadata", "the block metadata belongs to stages of type Metadata"),
        ("optimization", "the block optimization belongs to stages of type Optimization"),
    ] {
        for (kind, own) in [
            ("Validation", "validation"),
            ("Thumbnails", "thumbnails"),
            ("Metadata", "metadata"),
            ("Optimization", "optimization"),
        ] {
            let mut stages = with(block);
            stages[0]["type"] = kind.into();
            cases.push((of(&stages), (own != block).then_some(("spec.stages[0]", words))));
        }
    }
    judge("ProcessingPipeline", cases).await;
}

#[tokio::test]
async fn no_two_pictures_of_a_pipeline_share_a_name() {
    let same = "two thumbnails have the same name: names are unique within a pipeline";
    let default = "two thumbnails have the same name: a stage without the block thumbnails makes 150, 300 and 600";
    let optimized = json!({"name": "o", "type": "Optimization"});
    let plain = json!({"name": "p", "type": "Thumbnails"});
    judge(
        "ProcessingPipeline",
        vec![
            (of(&json!([thumbnails("a", &["1", "2"]), thumbnails("b", &["3"]), plain, optimized])), None),
            (of(&json!([thumbnails("a", &["1", "2"]), thumbnails("b", &["2"])])), Some(("spec.stages", same))),
            (
                of(&json!([thumbnails("a", &["1", "1"])])),
                Some(("spec.stages[0].thumbnails.sizes[1]", "Duplicate value: {\"name\":\"1\"}")),
            ),
            (of(&json!([thumbnails("a", &["300"]), plain])), Some(("spec.stages", default))),
            (of(&json!([plain, {"name": "q", "type": "Thumbnails"}])), Some(("spec.stages", default))),
            (
                of(&json!([optimized, {"name": "q", "type": "Optimization"}])),
                Some(("spec.stages", "two stages of type Optimization would make the same picture: remove one")),
            ),
            (
                of(&json!([optimized, thumbnails("a", &["optimized"])])),
                Some((
                    "spec.stages",
                    "optimized is the name of what the stage of type Optimization makes: give the thumbnail another",
                )),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn numbers_have_bounds() {
    let stages = json!([stage("a", &[])]);
    let with = |field: &str, value: Value| {
        let mut spec = of(&stages);
        spec[field] = value;
        spec
    };
    judge(
        "ProcessingPipeline",
        vec![
            (json!({"stages": stages}), Some(("spec.platformRef", "Required value"))),
            (
                with("queue", json!({"priority": 11})),
                Some(("spec.queue.priority", "should be less than or equal to 10")),
            ),
            (with("replicas", json!(1001)), Some(("spec.replicas", "should be less than or equal to 1000"))),
            (with("worker", json!({"maxUnavailable": 1})), None),
            (with("worker", json!({"maxUnavailable": "120%"})), Some(("spec.worker.maxUnavailable", "%$'"))),
            (
                with("worker", json!({"maxUnavailable": -1})),
                Some(("spec.worker.maxUnavailable", "should be greater than or equal to 0")),
            ),
            (
                with("autoscaling", json!({"minReplicas": 3, "maxReplicas": 2})),
                Some(("spec.autoscaling", "minReplicas may not be above maxReplicas")),
            ),
            (
                of(&json!([{"name": "a", "type": "Metadata", "timeout": 5}])),
                Some(("ProcessingPipeline", "strict decoding error: unknown field \"spec.stages[0].timeout\"")),
            ),
        ],
    )
    .await;
}
