//! A hundred platforms with a thousand pipelines: what they cost while nothing happens, and when the operator begins anew.

use std::time::Duration;

use anyhow::ensure;
use futures::{StreamExt, TryStreamExt, stream};
use kube::api::{ListParams, PostParams};
use photo_e2e::{
    operator::reconciles,
    patience::{LIMIT, until},
};
use photo_stack::{
    figures::{Goal, mebibytes, number},
    role::Role,
};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    site::{Quickstart, Site, is_ready, is_scaling_told},
    tell,
};

const PLATFORMS: usize = 100;
const PIPELINES: usize = 1_000;
/// Requests of ours that are under way at a time.
const AT_ONCE: usize = 8;
/// The controllers of workloads have about 25,000 writes to do.
const MADE_LIMIT: Duration = Duration::from_mins(20);
/// Nothing more is looked at for this long: it has nothing left to do.
const QUIET: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(20);

pub(crate) async fn measure() -> anyhow::Result<()> {
    let site = Site::new().await?;
    let first = site.operator("first")?;
    first.start().await?;
    make(&site).await?;
    tell("rss_made_1000_mib", mebibytes(first.process()?.rss_bytes()?), "MiB", Goal::AtMost(100.0))?;
    first.terminate(LIMIT).await?;

    let log = site.log()?;
    let next = site.operator("second")?;
    let began = Instant::now();
    next.launch()?;
    next.ready().await?;
    let idle = until_idle(&next).await?;
    tell("restart_1000_s", (idle - began).as_secs_f64(), "s", Goal::AtMost(30.0))?;
    let requests = log.requests_of(&[site.user("second")])?;
    let writes: Vec<String> = requests
        .iter()
        .filter(|request| request.writes() && request.resource != "leases")
        .map(ToString::to_string)
        .collect();
    tell("restart_1000_writes", number(u64::try_from(writes.len())?), "writes", Goal::Exactly(0.0))?;
    ensure!(writes.is_empty(), "where nothing changed the operator wrote: {:#?}", writes.iter().take(10));
    let process = next.process()?;
    tell("rss_1000_mib", mebibytes(process.rss_bytes()?), "MiB", Goal::AtMost(100.0))?;
    tell("rss_1000_peak_mib", mebibytes(process.peak_rss_bytes()?), "MiB", Goal::AtMost(100.0))?;
    let controllers = site.server.controllers_rss_bytes()?;
    tell("peer_controller_manager_rss_mib", mebibytes(controllers), "MiB", Goal::Peer)
}

/// Makes all of them, and waits until all are ready.
async fn make(site: &Site) -> anyhow::Result<()> {
    let quickstart = Quickstart::read()?;
    let (platforms, pipelines) = (site.platforms(), site.pipelines());
    let began = Instant::now();
    let log = site.log()?;
    let params = PostParams::default();
    stream::iter(0..PLATFORMS)
        .map(|number| quickstart.platform(&format!("platform-{number}")))
        .map(async |platform| platforms.create(&params, &platform).await)
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    stream::iter(0..PIPELINES)
        .map(|number| quickstart.pipeline(&format!("pipeline-{number}"), &format!("platform-{}", number % PLATFORMS)))
        .map(async |pipeline| pipelines.create(&params, &pipeline).await)
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    let all_ready = async {
        for (custom, wanted) in [(&platforms, PLATFORMS), (&pipelines, PIPELINES)] {
            loop {
                let found = custom.list(&ListParams::default()).await?;
                if found.iter().filter(|object| is_ready(object) && is_scaling_told(object)).count() == wanted {
                    break;
                }
                sleep(Duration::from_secs(1)).await;
            }
        }
        anyhow::Ok(())
    };
    timeout(MADE_LIMIT, all_ready).await??;
    let seconds = began.elapsed().as_secs_f64();
    tell("make_1000_s", seconds, "s", Goal::AtMost(MADE_LIMIT.as_secs_f64()))?;
    let asked = log.requests_of(&[site.user("first")])?.len();
    tell("make_1000_requests_per_s", number(u64::try_from(asked)?) / seconds, "1/s", Goal::AtMost(200.0))
}

/// When an operator that was just started had looked at everything, and at nothing more since.
async fn until_idle(operator: &Role) -> anyhow::Result<Instant> {
    let looked = async || {
        let (platforms, pipelines) =
            (reconciles(operator, "PhotoPlatform").await.ok()?, reconciles(operator, "ProcessingPipeline").await.ok()?);
        let every = usize::try_from(platforms).ok()? >= PLATFORMS && usize::try_from(pipelines).ok()? >= PIPELINES;
        every.then_some(pipelines)
    };
    let mut before = until("every object is looked at", looked).await;
    // Platforms are looked at now and then without a cause, pipelines are not.
    let mut since = Instant::now();
    while since.elapsed() < QUIET {
        sleep(POLL).await;
        let now = reconciles(operator, "ProcessingPipeline").await?;
        if now != before {
            (before, since) = (now, Instant::now());
        }
    }
    Ok(since)
}
