//! A platform is made so and kept so, in five steps: fetch, validate, build, apply, status. Only fetch, apply and status
//! touch the cluster.

pub mod build;
mod catalogue;
mod fetch;
mod images;
mod rollout;
mod secrets;
mod status;
mod storage_classes;
mod validate;

use std::{sync::Arc, time::Duration};

use kube::{ResourceExt, runtime::controller::Action};

use crate::{
    api::{Operation, PhotoPlatform},
    apply::{Applied, NotMade, apply},
    cluster::ClusterError,
    component_state::ComponentState,
    context::Context,
    report,
    stall::Stall,
};
use fetch::Facts;
pub(crate) use fetch::state;
pub use images::{ComponentImages, chosen};
use rollout::Rollout;
pub(crate) use rollout::image_of_workers;

/// How soon a platform that is well is looked at again: its roles are asked, the API server is not.
const LOOK: Duration = Duration::from_secs(15);
/// How soon one that is not; where the API server refused something it is not asked again as soon.
const LOOK_SOON: Duration = Duration::from_secs(3);

/// Makes a platform so.
///
/// # Errors
/// The cluster did not do what was asked; it is tried again.
pub async fn reconcile(platform: Arc<PhotoPlatform>, context: Arc<Context>) -> Result<Action, ClusterError> {
    let uid = platform.uid().unwrap_or_default();
    if platform.metadata.deletion_timestamp.is_some() {
        // Nothing holds it: its children go with it by their owner references, what is retained has none.
        context.memory.forget(&uid);
        return Ok(Action::await_change());
    }
    let mut facts = fetch::fetch(&platform, &context).await;
    let stall = match make(&platform, &facts, &context).await {
        Ok(applied) => {
            let wanted = chosen(&platform.spec, &context.images);
            for state in &mut facts.components {
                state.note(&applied, &platform.name_any());
                state.awaits_turn = state.image.as_deref().is_some_and(|live| live != wanted.of(state.component));
            }
            None
        }
        Err(NotMade::Stalled(stall)) => Some(stall),
        Err(NotMade::Cluster(error)) => return Err(error),
    };
    let status = status::judge(&platform, &facts, stall.as_ref(), context.clock.now());
    report::platform(&context, &platform, &status).await?;
    let is_well = stall.is_none() && facts.components.iter().all(ComponentState::is_ready);
    let may_wait = is_well || stall.as_ref().is_some_and(Stall::is_refusal);
    Ok(Action::requeue(report::spread(if may_wait { LOOK } else { LOOK_SOON })))
}

/// It is the turn of every pipeline: what they take over from their platform has changed.
fn give_turns(facts: &Facts, context: &Context) {
    for pipeline in &facts.pipelines {
        context.turns.pipeline(&pipeline.namespace().unwrap_or_default(), &pipeline.name_any());
    }
}

async fn make(platform: &PhotoPlatform, facts: &Facts, context: &Context) -> Result<Vec<Applied>, NotMade> {
    validate::validate(platform, context.capabilities)?;
    if platform.spec.operation == Operation::Paused {
        return Ok(Vec::new());
    }
    storage_classes::check(platform, facts, context).await?;
    let uid = platform.uid().unwrap_or_default();
    let before = context.memory.of(&uid).secrets;
    let seen = secrets::ensure(platform, context).await?;
    if before.is_none_or(|before| before.versions != seen.versions || before.generation != seen.generation) {
        give_turns(facts, context);
    }
    let (name, namespace) = (platform.name_any(), platform.namespace().unwrap_or_default());
    let rollout = Rollout::of(platform, &facts.pipelines, context);
    rollout.behind.iter().for_each(|pipeline| context.turns.pipeline(&namespace, pipeline));
    let input = build::PlatformInput {
        name: &name,
        namespace: &namespace,
        uid: &uid,
        data_owner: &seen.data_owner,
        spec: &platform.spec,
        images: &rollout.components,
        capabilities: context.capabilities,
        secrets: &seen.versions,
        operator_namespace: &context.operator_namespace,
    };
    let rendered = build::children(&input)?;
    let applied = apply(context, &input.family(), rendered, &facts.children).await;
    // What stalls the platform is no reason to keep a new pipeline waiting.
    catalogue::tell(platform, facts, &seen, context).await;
    applied
}
