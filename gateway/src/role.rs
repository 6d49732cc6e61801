//! What the three roles do alike as processes of their own: start logging, watch their health, listen on their two ports, stop in order.

use std::sync::Arc;

use axum::{
    Router,
    response::{IntoResponse, Response},
};
use photo_runtime::{
    failpoint::FailpointConfig,
    health::Health,
    listener::{ListenConfig, serve},
    probe, shutdown,
    telemetry::{self, LogConfig},
};
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

use crate::problem::{Code, Problem};

/// A role that is starting: its health, its metrics, and the token that ends it.
pub(crate) struct Role {
    name: &'static str,
    pub(crate) health: Health,
    pub(crate) metrics: Registry,
    pub(crate) stop: CancellationToken,
}

impl Role {
    /// Starts logging and listens for the signals that end the process.
    pub(crate) fn start(name: &'static str, log: &LogConfig, failpoint: &FailpointConfig) -> anyhow::Result<Self> {
        telemetry::start(log)?;
        failpoint.arm();
        let stop = shutdown::on_signal()?;
        let mut metrics = Registry::with_prefix("photo");
        let health = Health::new(name, stop.clone());
        health.register(&mut metrics);
        Ok(Self { name, health, metrics, stop })
    }

    /// Serves the role's own routes on `port` and the probe routes beside them, until the process is told to stop.
    ///
    /// However it returns, [`Role::stop`] is cancelled then: what else the role runs ends too.
    pub(crate) async fn serve(self, listen: &ListenConfig, port: u16, app: Router) -> anyhow::Result<()> {
        let _ended = self.stop.clone().drop_guard();
        let own = listen.bind(port).await?;
        let probe = listen.bind(listen.probe_port).await?;
        tracing::info!(role = self.name, port, probe_port = listen.probe_port, "listening");
        let app = app.merge(probe::health_routes(self.health.clone()));
        let probes = probe::routes(self.health, Arc::new(self.metrics));
        // The probe listener outlives the role's own, so that a stopping pod still answers its probes.
        let probing = CancellationToken::new();
        let probe = tokio::spawn(serve(probe, probes, probing.clone(), listen.shutdown_timeout()));
        let served = serve(own, app, self.stop, listen.shutdown_timeout()).await;
        probing.cancel();
        probe.await??;
        tracing::info!(role = self.name, "stopped");
        served
    }
}

/// A handler's panic ends one request with a problem document.
#[expect(clippy::needless_pass_by_value, reason = "the signature that CatchPanicLayer calls")]
pub(crate) fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<&str>().copied().or_else(|| cause.downcast_ref::<String>().map(String::as_str));
    tracing::error!(cause = text.unwrap_or("unknown"), "a handler panicked");
    Problem::new(Code::Internal, "The server failed. Its operator finds the reason under the request id.")
        .into_response()
}
