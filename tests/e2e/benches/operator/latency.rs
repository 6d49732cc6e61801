//! How long it takes from a custom resource to what it is made of, by the clock of the API server.

use std::collections::BTreeMap;

use anyhow::Context;
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ReplicaSet;
use kube::{
    Api, ResourceExt,
    api::PostParams,
    runtime::{WatchStreamExt, watcher},
};
use photo_e2e::{audit::Request, patience::LIMIT};
use photo_stack::figures::{Goal, number, percentile};
use tokio::time::timeout;

use crate::{
    site::{Quickstart, Site, until_leading},
    tell,
};

const PLATFORMS: usize = 5;
const PIPELINES: usize = 200;

pub(crate) async fn measure() -> anyhow::Result<()> {
    let site = Site::new().await?;
    let operator = site.operator("first")?;
    operator.start().await?;
    until_leading(&operator).await;
    let quickstart = Quickstart::read()?;
    // An API server that has just learned of a kind tells its first watch nothing for 2 s.
    site.ready_platform(&quickstart.platform("platform-0")).await?;
    platforms(&site, &quickstart).await?;
    pipelines(&site, &quickstart).await
}

/// The longest time from a platform to the last of its children.
async fn platforms(site: &Site, quickstart: &Quickstart) -> anyhow::Result<()> {
    let mut longest = 0.0_f64;
    for number in 1..=PLATFORMS {
        let name = format!("platform-{number}");
        let log = site.log()?;
        site.ready_platform(&quickstart.platform(&name)).await?;
        let requests = log.requests_in(&site.namespace)?;
        let made = made_at(&requests, "photoplatforms").remove(&name).context("the platform was not made")?;
        let operator = site.user("first");
        let children =
            requests.iter().filter(|found| found.user == operator && found.code == 201 && found.resource != "events");
        let last = children.map(|found| found.answered).max().context("the platform has no children")?;
        longest = longest.max(last.duration_since(made.received).as_secs_f64());
    }
    tell("platform_children_s", longest, "s", Goal::AtMost(2.0))
}

/// From each pipeline to its Deployment, and beside it from that Deployment to the `ReplicaSet` that Kubernetes' own
/// controller makes of it.
async fn pipelines(site: &Site, quickstart: &Quickstart) -> anyhow::Result<()> {
    let log = site.log()?;
    let replica_sets = Api::<ReplicaSet>::namespaced(site.server.client.clone(), &site.namespace);
    let mut made = watcher(replica_sets, watcher::Config::default()).applied_objects().boxed();
    for number in 0..PIPELINES {
        let pipeline = quickstart.pipeline(&format!("pipeline-{number}"), "platform-0");
        site.pipelines().create(&PostParams::default(), &pipeline).await?;
        let workers = format!("pipeline-{number}-worker-");
        let is_made = async {
            while let Some(found) = made.try_next().await? {
                if found.name_any().starts_with(&workers) {
                    return anyhow::Ok(());
                }
            }
            anyhow::bail!("the watch has ended")
        };
        timeout(LIMIT, is_made).await.with_context(|| format!("pipeline {number} gets no workers"))??;
    }
    let requests = log.requests_in(&site.namespace)?;
    let (pipelines, deployments) = (made_at(&requests, "processingpipelines"), made_at(&requests, "deployments"));
    let replica_sets = made_at(&requests, "replicasets");
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for (name, pipeline) in &pipelines {
        let workers = format!("{name}-worker");
        let deployment = deployments.get(&workers).with_context(|| format!("{workers} was not made"))?;
        let is_theirs = |name: &str| name.rsplit_once('-').is_some_and(|(of, _)| of == workers);
        let replica_set = replica_sets.iter().find_map(|(name, made)| is_theirs(name).then_some(made));
        let replica_set = replica_set.with_context(|| format!("{workers} has no ReplicaSet"))?;
        ours.push(tenths_of_milliseconds(pipeline.received, deployment.answered)?);
        theirs.push(tenths_of_milliseconds(deployment.received, replica_set.answered)?);
    }
    let milliseconds = |values: &[u64], percent| {
        let tenths = percentile(values, percent).context("nothing was measured")?;
        anyhow::Ok(number(tenths) / 10.0)
    };
    tell("pipeline_deployment_p50_ms", milliseconds(&ours, 50)?, "ms", Goal::AtMost(300.0))?;
    tell("pipeline_deployment_p99_ms", milliseconds(&ours, 99)?, "ms", Goal::AtMost(300.0))?;
    tell("peer_deployment_replicaset_p50_ms", milliseconds(&theirs, 50)?, "ms", Goal::Peer)?;
    tell("peer_deployment_replicaset_p99_ms", milliseconds(&theirs, 99)?, "ms", Goal::Peer)
}

/// The requests that made objects of a kind, by the objects' names.
fn made_at<'a>(requests: &'a [Request], resource: &str) -> BTreeMap<String, &'a Request> {
    let made = requests.iter().filter(|found| found.code == 201 && found.resource == resource);
    made.map(|found| (found.name.clone(), found)).collect()
}

fn tenths_of_milliseconds(from: Timestamp, to: Timestamp) -> anyhow::Result<u64> {
    Ok(u64::try_from(to.duration_since(from).as_micros() / 100)?)
}
