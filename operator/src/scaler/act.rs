//! What a decision does to the cluster.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::api::core::v1::ObjectReference;
use tokio::time::Instant;

use crate::{cluster::ClusterError, context::Context, scaled::Scaled};

/// How long another autoscaler that was found is taken to be there.
const RIVAL_STAYS: Duration = Duration::from_secs(30);

/// The Deployment whose pods are scaled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) namespace: &'a str,
    pub(super) deployment: &'a str,
    /// What its pods are.
    pub(super) scaled: Scaled,
    /// The custom resource that it belongs to.
    pub(super) owner: &'a ObjectReference,
}

/// Another autoscaler of the same Deployment, as it was last seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Rival(Option<(String, Instant)>);

impl Rival {
    /// Whether there was one when it was last looked for.
    pub(super) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Its name, where there is one. Asked for before every change, and now and then while there is one: it may come at any
    /// time, and is not watched, since it is not ours.
    pub(super) async fn of(
        &mut self,
        target: Target<'_>,
        is_change: bool,
        context: &Context,
    ) -> Result<Option<String>, ClusterError> {
        let now = Instant::now();
        match &self.0 {
            Some((name, until)) if now < *until => return Ok(Some(name.clone())),
            None if !is_change => return Ok(None),
            Some(_) | None => {}
        }
        let found = context.cluster.autoscaler_of(target.namespace, target.deployment).await?;
        self.0 = found.clone().map(|name| (name, now + RIVAL_STAYS));
        Ok(found)
    }
}

/// Makes so many pods, after noting on those there are who goes first.
///
/// # Errors
/// The cluster does not take it.
pub(super) async fn scale(
    target: Target<'_>,
    replicas: u32,
    deletion_costs: &BTreeMap<&str, i32>,
    context: &Context,
) -> Result<(), ClusterError> {
    // Kubernetes does what it can with these, no more; a worker that has a job drains all the same.
    for (pod, cost) in deletion_costs {
        if let Err(error) = context.cluster.set_deletion_cost(target.namespace, pod, *cost).await {
            tracing::warn!(%error, pod, "which pods go first is left to chance");
        }
    }
    context.cluster.scale(target.namespace, target.deployment, replicas).await
}
