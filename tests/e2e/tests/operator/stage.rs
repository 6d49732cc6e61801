//! A platform and its pipeline go through their life while something goes wrong between operator and API server.

use std::{collections::BTreeMap, sync::Arc};

use photo_core::pipeline::PipelineState;
use photo_e2e::{
    contents::Contents,
    fault_proxy::FaultProxy,
    patience::{in_time, until},
};
use photo_stack::role::Role;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::scene::{Scene, is_scaling_told, said, small_scene};

/// What is done to a platform and its pipeline, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Create,
    Update,
    Scale,
    Delete,
}

/// What there is after a step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    contents: Contents,
    catalogue: BTreeMap<String, PipelineState>,
}

/// A life without faults.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    /// What there was after each step.
    pub(crate) states: Vec<(Step, State)>,
    /// The requests that changed something.
    pub(crate) writes: Vec<String>,
}

/// A scene whose operator reaches the API server through a proxy.
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) proxy: FaultProxy,
    pub(crate) operator: Arc<Role>,
}

/// A life of one step without faults, lived once.
pub(crate) async fn created() -> &'static State {
    static CREATED: OnceCell<Recording> = OnceCell::const_new();
    let recording = CREATED.get_or_init(|| Recording::of(&[Step::Create])).await;
    &recording.states[0].1
}

impl Recording {
    pub(crate) async fn of(steps: &[Step]) -> Self {
        let stage = Stage::new().await;
        stage.operator.launch().unwrap();
        let mut states = Vec::new();
        for step in steps.iter().copied() {
            stage.begin(step).await;
            let over = async || stage.is_over(step).await.then_some(());
            until(&format!("{step:?} is over"), over).await;
            states.push((step, stage.state().await));
        }
        Self { states, writes: stage.proxy.writes() }
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let scene = Scene::new().await;
        let proxy = FaultProxy::start(scene.server.client.clone()).await.unwrap();
        let operator = Arc::new(scene.operator("first", Some(&proxy.url())));
        Self { scene, proxy, operator }
    }

    pub(crate) async fn begin(&self, step: Step) {
        match step {
            Step::Create => self.scene.apply(&small_scene()).await,
            Step::Update => {
                let gateway = json!({"replicas": 3, "upload": {"maxBytes": 1_000_000}});
                self.scene.patch("pplat/photos", &json!({"spec": {"gateway": gateway}})).await;
                let stages = json!([{"name": "second", "type": "Metadata"}]);
                self.scene.patch("pipe/thumbs", &json!({"spec": {"stages": stages}})).await;
            }
            Step::Scale => self.scene.patch("pipe/thumbs", &json!({"spec": {"replicas": 3}})).await,
            Step::Delete => drop(self.scene.run(&["delete", "pipe/thumbs", "--wait=false"]).await),
        }
    }

    /// Waits until a step is over and everything is as in `wanted`, with a new operator whenever the one before has died.
    /// What is different at last, where that does not come.
    pub(crate) async fn until_like(&self, step: Step, wanted: &State) -> Result<(), String> {
        let ask = async || {
            if !self.operator.process().unwrap().is_running() {
                self.operator.launch().unwrap();
            }
            // Looking at everything takes the API server's time, so it is not begun with.
            if !self.is_over(step).await {
                return None;
            }
            self.state().await.differences(wanted).is_empty().then_some(())
        };
        if in_time(ask).await.is_some() {
            return Ok(());
        }
        let differences = self.state().await.differences(wanted);
        Err(differences.into_iter().take(10).collect::<Vec<_>>().join("\n"))
    }

    async fn state(&self) -> State {
        let catalogue = self.scene.data_plane.catalogue("photos-metadata");
        State { contents: self.scene.contents().await, catalogue }
    }

    /// Whether a step is over, as far as it can be told without knowing what it leads to.
    async fn is_over(&self, step: Step) -> bool {
        let is_ready = |object: &Value| {
            let is_seen = object["status"]["observedGeneration"] == object["metadata"]["generation"];
            is_seen && said(object, "Ready").is_some_and(|(status, ..)| status == "True")
        };
        let platform = self.scene.existing("pplat/photos").await;
        let pipelines = usize::from(step != Step::Delete);
        let is_counted = platform["status"]["pipelines"] == json!({"total": pipelines, "ready": pipelines});
        let is_told = self.scene.data_plane.catalogue("photos-metadata").len() == pipelines;
        if !(is_ready(&platform) && is_counted && is_told && is_scaling_told(&platform)) {
            return false;
        }
        match self.scene.object("pipe/thumbs").await {
            Some(pipeline) => step != Step::Delete && is_ready(&pipeline) && is_scaling_told(&pipeline),
            None => !self.scene.contents().await.names().iter().any(|name| name.contains("thumbs")),
        }
    }
}

impl State {
    fn differences(&self, wanted: &Self) -> Vec<String> {
        let mut differences = self.contents.differences(&wanted.contents);
        if self.catalogue != wanted.catalogue {
            differences.push(format!("catalogue: {:?} and {:?}", self.catalogue, wanted.catalogue));
        }
        differences
    }
}
