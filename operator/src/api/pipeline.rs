//! A pipeline: what happens to photos, and the workers that do it.

#![expect(clippy::duplicated_attributes, reason = "columns of kubectl have the same type")]

mod autoscaling;
mod queue;
mod stage;
mod status;
mod worker;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use autoscaling::{Autoscaling, AutoscalingMode, QueueScaling, ScalingFallback};
pub use queue::{Backoff, BackoffType, JobOptions, Queue};
pub use stage::{
    Effort, Fit, Gps, OnFailure, Optimization, OptimizedFormat, PhotoMetadata, Position, Stage, StageType,
    ThumbnailFormat, ThumbnailSize, Thumbnails, Validation, Watermark,
};
pub use status::{ProcessingPipelineStatus, QueueStatus, ScalingRecommendation, ScalingStatus};
pub use worker::Worker;

use super::{ObjectRef, Operation};

/// What a pipeline is: its queue, the stages that photos go through, the workers.
#[derive(CustomResource, JsonSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "photoplatform.io",
    version = "v1alpha1",
    kind = "ProcessingPipeline",
    namespaced,
    doc = "A queue of photos, the stages that they go through, and the workers that do it.",
    status = "ProcessingPipelineStatus",
    derive = "PartialEq",
    shortname = "pipe",
    category = "photos",
    selectable = ".spec.platformRef.name",
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn(name = "Platform", type_ = "string", json_path = ".spec.platformRef.name"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Workers", type_ = "integer", json_path = ".status.readyReplicas"),
    printcolumn(name = "Min", type_ = "integer", json_path = ".spec.autoscaling.minReplicas", priority = "1"),
    printcolumn(name = "Max", type_ = "integer", json_path = ".spec.autoscaling.maxReplicas", priority = "1"),
    printcolumn(name = "Waiting", type_ = "integer", json_path = ".status.queue.prioritized"),
    printcolumn(name = "Oldest", type_ = "integer", json_path = ".status.queue.oldestSeconds"),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].reason",
        priority = "1"
    ),
    printcolumn(name = "Scaling", type_ = "string", json_path = ".status.scaling.reason", priority = "1"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProcessingPipelineSpec {
    /// The platform of the same namespace whose photos it processes. It can't be changed.
    #[schemars(extend("x-kubernetes-validations" = [{"rule": "self == oldSelf", "message": "platformRef can't be changed: make a new pipeline"}]))]
    pub platform_ref: ObjectRef,
    /// Whether photos are processed. `Paused`: uploads are taken and wait, workers stay. `Stopped`: uploads are taken
    /// and wait, no worker runs.
    #[serde(default)]
    pub operation: Operation,
    /// How its photos are queued.
    #[serde(default)]
    pub queue: Queue,
    /// What photos go through, in this order. A stage may depend on stages before it only.
    #[schemars(length(min = 1, max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    #[schemars(extend("x-kubernetes-validations" = [
        {"rule": "self.all(s, self.exists_one(t, t.name == s.name))", "message": "two stages have the same name: names are unique within a pipeline"},
        {"rule": "self.all(i, s, !has(s.dependsOn) || s.dependsOn.all(d, self.exists(j, t, j < i && t.name == d)))", "message": "dependsOn may only name stages that are listed before: move the stage down, or correct the name"},
        {"rule": "self.filter(s, s.type == 'Optimization').size() <= 1", "message": "two stages of type Optimization would make the same picture: remove one"},
        {"rule": "self.all(i, s, !has(s.thumbnails) || s.thumbnails.sizes.all(z, self.all(j, t, j <= i || !has(t.thumbnails) || !t.thumbnails.sizes.exists(y, y.name == z.name))))", "message": "two thumbnails have the same name: names are unique within a pipeline"},
        {"rule": "self.all(i, s, s.type != 'Thumbnails' || has(s.thumbnails) || self.all(j, t, i == j || t.type != 'Thumbnails' || (has(t.thumbnails) && !t.thumbnails.sizes.exists(y, y.name in ['150', '300', '600']))))", "message": "two thumbnails have the same name: a stage without the block thumbnails makes 150, 300 and 600"},
        {"rule": "!self.exists(s, s.type == 'Optimization') || self.all(s, !has(s.thumbnails) || !s.thumbnails.sizes.exists(y, y.name == 'optimized'))", "message": "optimized is the name of what the stage of type Optimization makes: give the thumbnail another"},
        {"rule": "self.all(i, s, s.type != 'Watermark' || (has(s.state) && s.state == 'Disabled') || self.exists(j, t, j > i && t.type in ['Thumbnails', 'Optimization']))", "message": "no stage after a watermark makes a picture: list it before the stages whose pictures shall carry it"},
    ]))]
    pub stages: Vec<Stage>,
    /// The pods that do it.
    #[serde(default)]
    pub worker: Worker,
    /// Its workers, where there is no `autoscaling` or its mode is `Disabled` or `External`; `kubectl scale` sets it.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 1000))]
    pub replicas: i32,
    /// Who chooses the number of workers; without it, you do, by `replicas`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<Autoscaling>,
}

impl ProcessingPipelineSpec {
    /// Who chooses the number of workers.
    pub fn autoscaling_mode(&self) -> AutoscalingMode {
        self.autoscaling.map_or(AutoscalingMode::Disabled, |autoscaling| autoscaling.mode)
    }
}

fn one() -> i32 {
    1
}
