//! A pipeline is made so and kept so, in five steps: fetch, validate, build, apply, status.

pub mod build;
mod fetch;
mod marks;
mod status;

use std::{sync::Arc, time::Duration};

use kube::{ResourceExt, runtime::controller::Action};

use crate::{
    api::ProcessingPipeline,
    apply::{Applied, NotMade, apply},
    cluster::ClusterError,
    config::{self, InvalidSpec},
    context::Context,
    platform, report,
    stall::Stall,
};
use fetch::Facts;

/// How soon a pipeline is looked at again where no watch told of a change.
const LOOK: Duration = Duration::from_mins(10);
/// How soon one with images that nobody watches: so soon a change of one is seen.
const LOOK_AT_IMAGES: Duration = Duration::from_mins(1);
/// How soon one that waits for something that is not watched.
const LOOK_SOON: Duration = Duration::from_secs(15);

/// Makes a pipeline so.
///
/// # Errors
/// The cluster did not do what was asked; it is tried again.
pub async fn reconcile(pipeline: Arc<ProcessingPipeline>, context: Arc<Context>) -> Result<Action, ClusterError> {
    if pipeline.metadata.deletion_timestamp.is_some() {
        // Its workers are told to stop with it and hand back what they have; its photos stay queued.
        return Ok(Action::await_change());
    }
    let mut facts = fetch::fetch(&pipeline, &context);
    let stall = match make(&pipeline, &facts, &context).await {
        Ok(applied) => {
            facts.workers.note(&applied, &pipeline.name_any());
            None
        }
        Err(NotMade::Stalled(stall)) => Some(stall),
        Err(NotMade::Cluster(error)) => return Err(error),
    };
    let status = status::judge(&pipeline, &facts, stall.as_ref(), context.clock.now());
    report::pipeline(&context, &pipeline, &status).await?;
    let is_well = stall.is_none() && facts.platform.is_some() && facts.workers.is_ready();
    let look = match config::pipeline_spec(&pipeline.spec) {
        _ if !is_well => LOOK_SOON,
        Ok(spec) if !spec.mark_images().is_empty() => LOOK_AT_IMAGES,
        Ok(_) | Err(_) => LOOK,
    };
    Ok(Action::requeue(report::spread(look)))
}

async fn make(pipeline: &ProcessingPipeline, facts: &Facts, context: &Context) -> Result<Vec<Applied>, NotMade> {
    let invalid = |error: InvalidSpec| Stall::InvalidSpec(error.to_string());
    let spec = config::pipeline_spec(&pipeline.spec).map_err(invalid)?;
    config::scaling_policy(&pipeline.spec).map_err(invalid)?;
    // Without a platform nothing is made, and what runs already is kept: a reference that vanished is no order to stop.
    let Some(platform) = facts.platform.as_ref().filter(|platform| platform.metadata.deletion_timestamp.is_none())
    else {
        return Ok(Vec::new());
    };
    if platform.spec.operation == crate::api::Operation::Paused {
        return Ok(Vec::new());
    }
    // The platform's Secrets are made first: without them pods can't start.
    let platform_uid = platform.uid().unwrap_or_default();
    let Some(secrets) = context.memory.of(&platform_uid).secrets else { return Ok(Vec::new()) };
    let namespace = pipeline.namespace().unwrap_or_default();
    let input = build::PipelineInput {
        name: &pipeline.name_any(),
        uid: &pipeline.uid().unwrap_or_default(),
        spec: &pipeline.spec,
        image: &platform::image_of_workers(platform, pipeline, context),
        marks: &marks::read(&spec, &namespace, context).await?,
        platform: platform::build::PlatformInput {
            name: &platform.name_any(),
            namespace: &namespace,
            uid: &platform_uid,
            data_owner: &secrets.data_owner,
            spec: &platform.spec,
            images: &platform::chosen(&platform.spec, &context.images),
            capabilities: context.capabilities,
            secrets: &secrets.versions,
            operator_namespace: &context.operator_namespace,
        },
    };
    let rendered = build::children(&input)?;
    apply(context, &input.family(), rendered, &facts.children).await
}
