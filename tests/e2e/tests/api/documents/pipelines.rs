//! New pipelines.

use photo_e2e::api_server::ApiServer;
use serde_json::{Value, json};

use super::{document, judge};

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
async fn a_background_is_a_colour() {
    let with =
        |background: &str| of(&json!([{"name": "a", "type": "Thumbnails", "thumbnails": {"background": background}}]));
    let refused = Some(("spec.stages[0].thumbnails.background", "should match '^#[0-9a-fA-F]{6}$'"));
    let cases = vec![(with("#0aF1b2"), None), (with("#00000g"), refused)];
    judge("ProcessingPipeline", cases).await;
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
async fn a_mark_has_a_text_or_an_image_and_pictures_after_it() {
    let stage =
        |kind: &str, watermark: Value| json!({"name": kind.to_lowercase(), "type": kind, "watermark": watermark});
    let mark = |watermark: Value| stage("Watermark", watermark);
    let shrink = || json!({"name": "shrink", "type": "Optimization"});
    let mut disabled = mark(json!({"text": "©"}));
    disabled["state"] = "Disabled".into();
    let unseen = Some((
        "spec.stages",
        "no stage after a watermark makes a picture: list it before the stages whose pictures shall carry it",
    ));
    let (text, at) = (json!({"text": "© Ана"}), "spec.stages[0].watermark.text");
    let image = |name: &str, key: &str| json!({"imageConfigMapRef": {"name": name, "key": key}});
    let one_of_both = Some((
        "spec.stages[0].watermark",
        "a watermark has either text or imageConfigMapRef: write one of them, and a second mark as a stage of its own",
    ));
    let mut both = image("logo", "mark.png");
    both["text"] = "©".into();
    judge(
        "ProcessingPipeline",
        vec![
            (of(&json!([mark(text.clone()), shrink()])), None),
            (of(&json!([mark(text.clone()), mark_named("again"), thumbnails("small", &["one"])])), None),
            (of(&json!([disabled])), None),
            (of(&json!([shrink(), mark(text.clone())])), unseen),
            (
                of(&json!([{"name": "mark", "type": "Watermark"}, shrink()])),
                Some((
                    "spec.stages[0]",
                    "a stage of type Watermark needs the block watermark, with the text or the image to lay onto pictures",
                )),
            ),
            (
                of(&json!([stage("Optimization", text)])),
                Some(("spec.stages[0]", "the block watermark belongs to stages of type Watermark")),
            ),
            (of(&json!([mark(json!({})), shrink()])), one_of_both),
            (of(&json!([mark(both), shrink()])), one_of_both),
            (of(&json!([mark(image("a.b-1", ".A_b-c..png")), shrink()])), None),
            (
                of(&json!([mark(image("a..b", "mark.png")), shrink()])),
                Some((
                    "spec.stages[0].watermark.imageConfigMapRef.name",
                    r"should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'",
                )),
            ),
            (
                of(&json!([mark(image("logo", "..png")), shrink()])),
                Some((
                    "spec.stages[0].watermark.imageConfigMapRef.key",
                    r"should match '^\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]*$'",
                )),
            ),
            (of(&json!([mark(json!({"text": ""})), shrink()])), Some((at, "at least 1 chars long"))),
            (of(&json!([mark(json!({"text": "two\nlines"})), shrink()])), Some((at, r"should match '^\P{Cc}*$'"))),
        ],
    )
    .await;
}

fn mark_named(name: &str) -> Value {
    json!({"name": name, "type": "Watermark", "watermark": {"text": "©"}})
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
                of(&json!([{"name": "a", "type": "Metadata", "timeout": 5}])),
                Some(("ProcessingPipeline", "strict decoding error: unknown field \"spec.stages[0].timeout\"")),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn numbers_of_the_scaling_make_sense_together() {
    let with = |autoscaling: Value| {
        let mut spec = of(&json!([stage("a", &[])]));
        spec["autoscaling"] = autoscaling;
        spec
    };
    let queue = |queue: Value| with(json!({ "queue": queue }));
    let (scaling, of_queue) = ("spec.autoscaling", "spec.autoscaling.queue");
    let no_workers = "processor time tells nothing without workers: with mode CPU let minReplicas be at least 1";
    let band = "utilizationDownPercent may not be above utilizationUpPercent: workers would come and go";
    let windows = "fastWindowSeconds may not be above slowWindowSeconds";
    let unseen = "let staleAfterSeconds be at least twice pollPeriodSeconds: one answer that is lost may not make the \
                  queue unseen";
    judge(
        "ProcessingPipeline",
        vec![
            (with(json!({"minReplicas": 3, "maxReplicas": 3})), None),
            (
                with(json!({"minReplicas": 3, "maxReplicas": 2})),
                Some((scaling, "minReplicas may not be above maxReplicas")),
            ),
            // What is left out counts with its default.
            (with(json!({"minReplicas": 11})), Some((scaling, "minReplicas may not be above maxReplicas"))),
            (with(json!({"mode": "CPU"})), None),
            (with(json!({"mode": "CPU", "minReplicas": 0})), Some((scaling, no_workers))),
            (with(json!({"mode": "Queue", "minReplicas": 0})), None),
            (
                with(json!({"mode": "Sometimes"})),
                Some(("spec.autoscaling.mode", "\"CPU\", \"External\", \"Disabled\"")),
            ),
            (queue(json!({"utilizationDownPercent": 70, "utilizationUpPercent": 70})), None),
            (queue(json!({"utilizationDownPercent": 71, "utilizationUpPercent": 70})), Some((of_queue, band))),
            (queue(json!({"fastWindowSeconds": 30, "slowWindowSeconds": 30})), None),
            (queue(json!({"fastWindowSeconds": 61})), Some((of_queue, windows))),
            (queue(json!({"pollPeriodSeconds": 10, "staleAfterSeconds": 20})), None),
            (queue(json!({"pollPeriodSeconds": 10, "staleAfterSeconds": 19})), Some((of_queue, unseen))),
            (
                queue(json!({"waitSloSeconds": 0})),
                Some(("spec.autoscaling.queue.waitSloSeconds", "should be greater than or equal to 1")),
            ),
            (with(json!({"fallback": {"replicas": 3}})), None),
            (with(json!({"fallback": {}})), Some(("spec.autoscaling.fallback.replicas", "Required value"))),
        ],
    )
    .await;
}

#[tokio::test]
async fn scaling_without_settings_is_by_the_queue_and_none_is_by_nobody() {
    let server = ApiServer::start().await.unwrap();
    let (kubectl, namespace) = (server.kubectl(), server.namespace().await.unwrap());
    let kept = async |autoscaling: Option<Value>| {
        let mut spec = of(&json!([stage("a", &[])]));
        spec.as_object_mut().unwrap().extend(autoscaling.map(|autoscaling| ("autoscaling".to_owned(), autoscaling)));
        let create = ["create", "--dry-run=server", "-o", "json", "-f", "-"];
        let document = document("ProcessingPipeline", "some", &spec);
        let answer = kubectl.run_in(&namespace, &create, &document).await.unwrap();
        let kept: Value = serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{}", answer.text));
        kept["spec"].get("autoscaling").cloned()
    };
    let defaults = json!({
        "mode": "Queue", "minReplicas": 1, "maxReplicas": 10,
        "scaleUpCooldownSeconds": 0, "scaleDownCooldownSeconds": 45,
        "targetCPUUtilizationPercent": 80, "targetMemoryUtilizationPercent": 85,
        "queue": {
            "waitSloSeconds": 30, "waitBudgetPercent": 80, "utilizationUpPercent": 95, "utilizationDownPercent": 85,
            "fastWindowSeconds": 20, "slowWindowSeconds": 60, "pollPeriodSeconds": 5, "staleAfterSeconds": 15,
            "anomalyHoldSeconds": 120, "scaleToZeroAfterSeconds": 120, "scaleDownStepPercent": 50,
            "startupSeconds": 15, "expectedJobMillis": 2000,
        },
    });
    assert_eq!(kept(Some(json!({}))).await, Some(defaults.clone()));
    assert_eq!(kept(Some(json!({"queue": {}}))).await, Some(defaults.clone()));
    let mut with_floor = defaults;
    with_floor["fallback"] = json!({"replicas": 3, "afterSeconds": 60});
    assert_eq!(kept(Some(json!({"fallback": {"replicas": 3}}))).await, Some(with_floor));
    assert_eq!(kept(None).await, None);
}
