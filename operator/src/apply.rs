//! Carrying out a plan: the only place where children are written.

use std::sync::Arc;

use crate::{
    children::{ChildKind, Family, Live, NotRendered, Rendered, Step, check, plan},
    cluster::ClusterError,
    context::Context,
    stall::Stall,
};

/// Why children are not as they should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMade {
    /// Somebody has to do something first.
    #[error(transparent)]
    Stalled(#[from] Stall),
    /// It may go better next time.
    #[error(transparent)]
    Cluster(ClusterError),
}

impl From<ClusterError> for NotMade {
    /// What the API server refuses for good stalls; all else is tried again.
    fn from(error: ClusterError) -> Self {
        let text = error.to_string();
        match error.code() {
            Some(403) if text.contains("exceeded quota") => Self::Stalled(Stall::QuotaExceeded(text)),
            // Nothing can be made in a namespace that is going away; it is no fault of anybody.
            Some(403) if text.contains("being terminated") => Self::Cluster(error),
            Some(403) => Self::Stalled(Stall::Forbidden(text)),
            Some(400 | 422) => Self::Stalled(Stall::Refused(text)),
            _ => Self::Cluster(error),
        }
    }
}

impl From<NotRendered> for NotMade {
    /// The schema let through what processes would refuse.
    fn from(error: NotRendered) -> Self {
        Self::Stalled(Stall::InvalidSpec(error.to_string()))
    }
}

impl From<crate::children::ConflictingOwner> for NotMade {
    fn from(conflict: crate::children::ConflictingOwner) -> Self {
        Self::Stalled(conflict.into())
    }
}

/// A child that was written just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    /// What it is.
    pub kind: ChildKind,
    /// Its name.
    pub name: String,
}

impl Applied {
    fn of(step: &Step) -> Option<Self> {
        match step {
            Step::Apply(child) | Step::LookThenApply(child) => {
                Some(Self { kind: child.kind, name: child.name.clone() })
            }
            Step::Delete(_) => None,
        }
    }
}

/// Makes the children of `owner` as `rendered` says, and deletes those that are not wanted any more. Where everything is
/// as it should be, nothing is written and nobody is asked.
///
/// Returns what was applied: the cache does not show it yet, so nothing can be said of it.
///
/// # Errors
/// The first step that fails; the next reconcile goes on from there.
pub(crate) async fn apply(
    context: &Context,
    owner: &Family<'_>,
    rendered: Vec<Rendered>,
    present: &[(ChildKind, Arc<Live>)],
) -> Result<Vec<Applied>, NotMade> {
    let found: Vec<Option<Arc<Live>>> =
        rendered.iter().map(|child| context.cache.child(child.kind, owner.namespace, &child.name)).collect();
    let by_name = |kind: ChildKind, name: &str| {
        let place = rendered.iter().position(|child| child.kind == kind && child.name == name)?;
        found.get(place)?.as_deref()
    };
    let present: Vec<(ChildKind, &Live)> = present.iter().map(|(kind, live)| (*kind, live.as_ref())).collect();
    let steps = plan(owner, rendered.clone(), by_name, &present)?;
    let applied = steps.iter().filter_map(Applied::of).collect();
    for step in steps {
        let kind = step.kind();
        carry_out(context, owner, step).await?;
        let [_, _, name, _] = kind.names();
        context.metrics.wrote(name);
    }
    Ok(applied)
}

async fn carry_out(context: &Context, owner: &Family<'_>, step: Step) -> Result<(), NotMade> {
    let (cluster, namespace) = (&context.cluster, owner.namespace);
    match step {
        Step::Apply(child) => Ok(cluster.apply(namespace, &child).await?),
        Step::LookThenApply(child) => {
            // The watch selects by our label, so an object of somebody else is not in the cache.
            if let Some(found) = cluster.child(namespace, child.kind, &child.name).await? {
                check(owner, &child, &found)?;
            }
            Ok(cluster.apply(namespace, &child).await?)
        }
        Step::Delete(doomed) => Ok(cluster.delete(namespace, &doomed).await?),
    }
}
