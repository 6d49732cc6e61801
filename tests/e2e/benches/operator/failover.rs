//! How long nobody acts when the replica that does goes.

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
    runtime::{WatchStreamExt, watcher},
};
use photo_e2e::patience::LIMIT;
use photo_stack::figures::Goal;
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::{
    site::{Quickstart, Site, leads, until_leading},
    tell,
};

const TURNS: usize = 3;

/// The longest of some times from the end of the leader until another one has done what there was to do.
pub(crate) async fn measure() -> anyhow::Result<()> {
    let site = Site::new().await?;
    let (mut leader, mut other) = (site.operator("first")?, site.operator("second")?);
    leader.start().await?;
    until_leading(&leader).await;
    other.start().await?;
    site.ready_platform(&Quickstart::read()?.platform("photos")).await?;
    // Another number at each turn: otherwise there would be nothing to do.
    let mut replicas = 3..;
    for (name, is_killed, goal) in [("failover_kill_s", true, 20.0), ("failover_stop_s", false, 2.0)] {
        let mut longest = 0.0_f64;
        for wanted in replicas.by_ref().take(TURNS) {
            let began = Instant::now();
            if is_killed {
                leader.kill();
            } else {
                leader.terminate(LIMIT).await?;
            }
            change_done(&site, wanted).await?;
            longest = longest.max(began.elapsed().as_secs_f64());
            std::mem::swap(&mut leader, &mut other);
            anyhow::ensure!(leads(&leader).await, "somebody else did it");
            other.start().await?;
        }
        tell(name, longest, "s", Goal::AtMost(goal))?;
    }
    Ok(())
}

/// Gives whoever leads something to do, and waits until it is done.
async fn change_done(site: &Site, replicas: u32) -> anyhow::Result<()> {
    let change = Patch::Merge(json!({"spec": {"gateway": {"replicas": replicas}}}));
    site.platforms().patch("photos", &PatchParams::default(), &change).await?;
    let deployments = Api::<Deployment>::namespaced(site.server.client.clone(), &site.namespace);
    let mut changes = watcher(deployments, watcher::Config::default()).default_backoff().applied_objects().boxed();
    let is_done = async {
        while let Some(found) = changes.try_next().await? {
            let wanted = found.spec.as_ref().and_then(|spec| u32::try_from(spec.replicas?).ok());
            if found.name_any() == "photos-gateway" && wanted == Some(replicas) {
                return anyhow::Ok(());
            }
        }
        anyhow::bail!("the watch has ended")
    };
    timeout(LIMIT, is_done).await?
}
