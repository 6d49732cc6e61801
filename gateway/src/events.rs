//! The events role: tails the event log and tells each event to the sockets whose rooms it belongs to.
//!
//! Any number of replicas run side by side without knowing of one another: each reads the whole log. Nothing here is
//! the truth about a photo; a client that missed something asks for a snapshot.

use std::sync::Arc;

use axum::{Router, middleware};
use photo_core::port::{EventLog, MetadataStore};
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

use crate::{tasks::Tasks, user_token::UserTokens};

mod access;
mod config;
mod event_metrics;
mod messages;
mod origin;
mod process;
mod tail;
mod transport;

pub use config::{EventsConfig, SocketLimits};
pub use process::run;

use access::Access;
use event_metrics::EventMetrics;
use origin::AllowedOrigins;
use transport::Sockets;

/// What the role is made of.
pub struct Parts {
    /// What is told.
    pub log: Arc<dyn EventLog>,
    /// Knows whose photos are whose.
    pub store: Arc<dyn MetadataStore>,
    /// Verifies users.
    pub tokens: UserTokens,
    /// What one socket may do.
    pub limits: SocketLimits,
    /// Origins whose pages may connect; without any, only pages of the host that the request is for.
    pub origins: Vec<String>,
}

impl Parts {
    /// Starts telling, until `stop` is cancelled: then every socket is closed. The routes serve `/socket.io/`.
    ///
    /// # Errors
    /// An origin is not of the form `https://host`.
    pub fn start(self, metrics: &mut Registry, stop: &CancellationToken) -> anyhow::Result<(Router, Tasks)> {
        let origins = AllowedOrigins::new(self.origins)?;
        let metrics = EventMetrics::register(metrics);
        let (sockets, routes) = Sockets::new(Access::new(self.tokens, self.store), metrics.clone(), &self.limits);
        let mut tasks = Tasks::default();
        tasks.spawn(tail::follow(self.log, sockets.clone(), metrics, stop.clone()));
        tasks.spawn(sockets.clone().mend_lagging(stop.clone()));
        let stop = stop.clone();
        tasks.spawn(async move {
            stop.cancelled().await;
            sockets.close().await;
        });
        Ok((routes.layer(middleware::from_fn_with_state(origins, origin::guard)), tasks))
    }
}
