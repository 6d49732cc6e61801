//! Listening: a port in use says so, small answers leave at once, and stopping waits for what is under way.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use anyhow::Context;
use axum::{Router, serve::ListenerExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Where a role listens.
#[derive(Debug, Clone, clap::Args)]
pub struct ListenConfig {
    /// Address of all listeners of this process.
    #[arg(long, env = "BIND_ADDRESS", default_value = "0.0.0.0")]
    pub bind_address: std::net::IpAddr,
    /// Port of the probe listener: /livez, /readyz, /health, /metrics.
    #[arg(long, env = "PROBE_PORT", default_value_t = 3004)]
    pub probe_port: u16,
    /// How long requests that are under way may take once the process is told to stop.
    #[arg(long, env = "SHUTDOWN_TIMEOUT_SECONDS", default_value_t = 15)]
    pub shutdown_timeout_seconds: u64,
}

impl ListenConfig {
    /// Binds a port of this process.
    ///
    /// # Errors
    /// The port is taken, or may not be bound.
    pub async fn bind(&self, port: u16) -> anyhow::Result<TcpListener> {
        bind(SocketAddr::new(self.bind_address, port), "set another port").await
    }

    /// The time that requests under way are given.
    pub fn shutdown_timeout(&self) -> Duration {
        Duration::from_secs(self.shutdown_timeout_seconds)
    }
}

/// Binds an address; `otherwise` tells the operator how to choose another port.
///
/// # Errors
/// The port is taken, or may not be bound.
pub async fn bind(address: SocketAddr, otherwise: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            anyhow::anyhow!("port {} is in use: stop the other process or {otherwise}", address.port())
        } else {
            anyhow::Error::new(error).context(format!("can't listen on {address}"))
        }
    })
}

/// Serves until `stop`, then lets requests under way end for at most `grace`.
///
/// # Errors
/// The listener broke.
pub async fn serve(listener: TcpListener, app: Router, stop: CancellationToken, grace: Duration) -> anyhow::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Without it an event that follows another waits 40 ms for the client's delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's algorithm");
        }
    });
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
    end_within(grace, &stop, async move { serving.await.context("the listener broke") }).await
}

/// Runs `work`; once `stop` is cancelled it has `grace` left.
async fn end_within(
    grace: Duration,
    stop: &CancellationToken,
    work: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        ended = work => ended,
        () = overdue => {
            tracing::warn!(grace_seconds = grace.as_secs(), "requests were still under way at the end of the grace period");
            Ok(())
        }
    }
}
