//! Carrying out a plan: the only place where children are written.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, future, stream};

use crate::{
    cache::Watched,
    children::{ChildKind, Family, Growing, Live, NotRendered, Rendered, Step, is_free, plan},
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
        Self::Stalled(match error {
            NotRendered::Overrides(refused) => Stall::ViolatesRestricted(refused),
            NotRendered::Unwritable { .. } | NotRendered::Spec(_) | NotRendered::Amount(_) => {
                Stall::InvalidSpec(error.to_string())
            }
        })
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
            // It is made anew next.
            Step::DeleteOrphaning(doomed) => Some(Self { kind: doomed.kind, name: doomed.name.clone() }),
            Step::Delete(_) | Step::Grow(_) => None,
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
    let by_name = |kind: ChildKind, name: &str| context.cache.child(kind, owner.namespace, name);
    let present: Vec<(ChildKind, &Live)> = present.iter().map(|(kind, live)| (*kind, live.as_ref())).collect();
    let claims = context.cache.of(Watched::PersistentVolumeClaim, owner.namespace, owner.platform, owner.pipeline());
    let claims: Vec<&Live> = claims.iter().map(AsRef::as_ref).collect();
    let steps = look(context, owner, plan(owner, rendered, by_name, &present, &claims)?).await?;
    let applied = steps.iter().filter_map(Applied::of).collect();
    let mut held = None;
    for step in steps {
        let kind = step.kind_name();
        match carry_out(context, owner.namespace, step).await {
            Ok(()) => context.metrics.wrote(kind),
            // A volume that can't grow is no reason to leave anything else as it is.
            Err(NotMade::Stalled(stall @ Stall::VolumeNotExpandable { .. })) => held = held.or(Some(stall)),
            Err(error) => return Err(error),
        }
    }
    held.map_or(Ok(applied), |stall| Err(stall.into()))
}

/// How many children are looked at at once: a pipeline has fewer.
const LOOKS: usize = 8;

/// The steps without those whose name is not free yet. The watch selects by our label, so an object of somebody else is
/// not in the cache; all are looked at before anything is made, since half a platform helps nobody.
async fn look(context: &Context, owner: &Family<'_>, steps: Vec<Step>) -> Result<Vec<Step>, NotMade> {
    let looks = stream::iter(steps).map(|step| look_at(context, owner, step)).buffered(LOOKS);
    looks.try_filter_map(|step| future::ready(Ok(step))).try_collect().await
}

async fn look_at(context: &Context, owner: &Family<'_>, step: Step) -> Result<Option<Step>, NotMade> {
    let Step::LookThenApply(child) = step else { return Ok(Some(step)) };
    let Some(found) = context.cluster.child(owner.namespace, child.kind, &child.name).await? else {
        return Ok(Some(Step::Apply(child.at_first())));
    };
    Ok(is_free(owner, &child, &found)?.then_some(Step::Apply(child)))
}

async fn carry_out(context: &Context, namespace: &str, step: Step) -> Result<(), NotMade> {
    let cluster = &context.cluster;
    match step {
        Step::Apply(child) | Step::LookThenApply(child) => Ok(cluster.apply(namespace, &child).await?),
        Step::Delete(doomed) => Ok(cluster.delete(namespace, &doomed).await?),
        Step::DeleteOrphaning(doomed) => Ok(cluster.delete_orphaning(namespace, &doomed).await?),
        Step::Grow(claim) => cluster.grow(namespace, &claim).await.map_err(|error| not_grown(error, claim)),
    }
}

/// The API server refuses to let a claim grow whose storage class does not allow it.
fn not_grown(error: ClusterError, claim: Growing) -> NotMade {
    let detail = error.to_string();
    if error.code() == Some(403) && detail.contains("resize") {
        return Stall::VolumeNotExpandable { claim: claim.name, size: claim.size, detail }.into();
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The word of the stall, where the API server's answer is one.
    fn stall(made: &NotMade) -> Option<&'static str> {
        match made {
            NotMade::Stalled(stall) => Some(stall.reason()),
            NotMade::Cluster(_) => None,
        }
    }

    fn refused(code: u16, message: &str) -> ClusterError {
        let status = kube::core::Status::failure(message, "Forbidden").with_code(code).boxed();
        let source = Box::new(kube::Error::Api(status));
        ClusterError::Api { verb: "grow", kind: "PersistentVolumeClaim", name: "a".to_owned(), source }
    }

    #[test]
    fn what_the_api_server_refuses_for_good_stalls() {
        let cases = [
            (403, "exceeded quota: team, requested: pods=1", Some("QuotaExceeded")),
            (403, "unable to create new content in namespace team because it is being terminated", None),
            (403, "User \"operator\" cannot patch resource \"services\"", Some("Forbidden")),
            (422, "spec.ports: Required value", Some("Refused")),
            (400, "strict decoding error", Some("Refused")),
            (409, "the object has been modified", None),
            (429, "too many requests", None),
            (500, "etcdserver: request timed out", None),
        ];
        for (code, message, expected) in cases {
            assert_eq!(stall(&refused(code, message).into()), expected, "{code} {message}");
        }
    }

    #[test]
    fn a_claim_whose_class_does_not_let_it_grow_is_told_from_other_refusals() {
        let claim = || Growing { name: "redis-photos-redis-0".to_owned(), size: "2Gi".to_owned() };
        let words = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must \
                     support resize";
        let NotMade::Stalled(told) = not_grown(refused(403, words), claim()) else { panic!("it is tried for ever") };
        assert_eq!(told.reason(), "VolumeNotExpandable");
        let text = told.to_string();
        for part in ["`redis-photos-redis-0`", "2Gi", "allowVolumeExpansion", words] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(stall(&not_grown(refused(403, "exceeded quota: team"), claim())), Some("QuotaExceeded"));
        let forbidden = "User \"operator\" cannot patch resource \"persistentvolumeclaims\"";
        assert_eq!(stall(&not_grown(refused(403, forbidden), claim())), Some("Forbidden"));
        assert_eq!(stall(&not_grown(refused(500, "resize"), claim())), None);
    }
}
