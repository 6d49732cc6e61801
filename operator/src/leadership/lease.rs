//! The Lease, as client-go's operators hold it: `coordination.k8s.io/v1`, renewed by compare-and-set.
//!
//! Clocks of different machines are never compared: another's Lease is over once *we* have seen it unchanged for its
//! duration, measured here.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use photo_core::clock::Clock;
use tokio::time::{Instant, sleep, timeout};

use super::Gate;

/// How long a Lease is held and how often it is renewed.
#[derive(Debug, Clone, Copy)]
pub struct LeaseTimes {
    /// Others wait so long after the last renewal that they saw.
    pub duration: Duration,
    /// No write begins later than this after the last renewal of ours.
    pub renew_deadline: Duration,
    /// Between two renewals.
    pub retry_period: Duration,
    /// Between two looks at another's Lease: for so long nobody acts after one was given back.
    pub look_period: Duration,
}

impl Default for LeaseTimes {
    /// Those of client-go, apart from the deadline, so that a write that began in time has 5 s to end, and from the looks,
    /// which are twice as frequent.
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(8),
            retry_period: Duration::from_secs(2),
            look_period: Duration::from_secs(1),
        }
    }
}

/// A candidate for the Lease.
pub struct Election {
    leases: Api<Lease>,
    name: String,
    identity: String,
    times: LeaseTimes,
    gate: Gate,
    clock: Clock,
    /// The last foreign state of the Lease, and when it was first seen.
    seen: Option<(String, Instant)>,
}

/// The Lease could not be taken or kept this time.
#[derive(Debug, thiserror::Error)]
enum NotHeld {
    #[error("`{0}` holds it")]
    Other(String),
    #[error(transparent)]
    Api(#[from] kube::Error),
    #[error("no answer in time")]
    Late,
}

impl Election {
    /// A candidate called `identity` for the Lease `name` in `namespace`; while it holds it, `gate` is open.
    pub fn new(client: Client, namespace: &str, name: &str, identity: String, gate: Gate) -> Self {
        Self {
            leases: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity,
            times: LeaseTimes::default(),
            gate,
            clock: Clock::System,
            seen: None,
        }
    }

    /// Waits until the Lease is ours.
    pub async fn won(&mut self) {
        let mut told = String::new();
        loop {
            match self.round().await {
                Ok(()) => return tracing::info!(identity = self.identity, "leading"),
                Err(error) => {
                    let error = error.to_string();
                    if error != told {
                        tracing::info!(%error, "waiting for the lease");
                        told = error;
                    }
                }
            }
            sleep(self.times.look_period).await;
        }
    }

    /// Renews the Lease until it is lost. Then nothing may be written any more: the process should end.
    pub async fn held(&mut self) {
        loop {
            sleep(self.times.retry_period).await;
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "the lease was not renewed");
                if self.gate.pass().is_err() || matches!(error, NotHeld::Other(_)) {
                    self.gate.close();
                    return;
                }
            }
        }
    }

    /// Gives the Lease back, so that another candidate need not wait.
    pub async fn release(&mut self) {
        self.gate.close();
        let released = async {
            let mut lease = self.leases.get(&self.name).await?;
            if holder(&lease) == Some(&self.identity) {
                let spec = lease.spec.get_or_insert_default();
                spec.holder_identity = None;
                spec.lease_duration_seconds = Some(1);
                self.leases.replace(&self.name, &PostParams::default(), &lease).await?;
            }
            Ok::<_, kube::Error>(())
        };
        if let Err(error) = released.await {
            tracing::warn!(%error, "the lease is not given back: it runs out");
        }
    }

    /// One attempt to take or renew it. The deadline counts from before the request: the server may have stored it then.
    async fn round(&mut self) -> Result<(), NotHeld> {
        let begun = Instant::now();
        let limit = self.times.renew_deadline;
        timeout(limit, self.claim()).await.map_err(|_| NotHeld::Late)??;
        self.gate.open_until(begun + self.times.renew_deadline);
        Ok(())
    }

    async fn claim(&mut self) -> Result<(), NotHeld> {
        let now = self.clock.now();
        match self.leases.get_opt(&self.name).await? {
            None => {
                let mut lease = Lease {
                    metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
                    ..Lease::default()
                };
                self.mark(&mut lease, now);
                self.leases.create(&PostParams::default(), &lease).await?;
            }
            Some(mut lease) => {
                self.check_free(&lease)?;
                self.mark(&mut lease, now);
                // The version that was read goes along: where another was faster this is refused.
                self.leases.replace(&self.name, &PostParams::default(), &lease).await?;
            }
        }
        Ok(())
    }

    fn check_free(&mut self, lease: &Lease) -> Result<(), NotHeld> {
        let Some(holder) = holder(lease).filter(|holder| **holder != self.identity) else { return Ok(()) };
        let version = lease.metadata.resource_version.clone().unwrap_or_default();
        let first_seen = match &self.seen {
            Some((seen, since)) if *seen == version => *since,
            _ => self.seen.insert((version, Instant::now())).1,
        };
        let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds).unwrap_or_default();
        let duration = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        if first_seen.elapsed() < duration { Err(NotHeld::Other(holder.clone())) } else { Ok(()) }
    }

    fn mark(&self, lease: &mut Lease, now: Timestamp) {
        let spec: &mut LeaseSpec = lease.spec.get_or_insert_default();
        if spec.holder_identity.as_ref() != Some(&self.identity) {
            spec.holder_identity = Some(self.identity.clone());
            spec.acquire_time = Some(MicroTime(now));
            spec.lease_transitions = Some(spec.lease_transitions.unwrap_or_default().saturating_add(1));
        }
        spec.lease_duration_seconds = i32::try_from(self.times.duration.as_secs()).ok();
        spec.renew_time = Some(MicroTime(now));
    }
}

fn holder(lease: &Lease) -> Option<&String> {
    lease.spec.as_ref()?.holder_identity.as_ref().filter(|holder| !holder.is_empty())
}
