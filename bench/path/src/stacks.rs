//! Both stacks, on one Redis and one MinIO, and where a contender's clients go in.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use photo_stack::{Stack, keys::Keys, process::Process};

use crate::{
    contender::{Contender, Way},
    node_stack::NodeStack,
    our_stack,
    part::Part,
};

/// Where a contender's clients go in, and the processes that its photos go through.
pub(crate) struct Entrance {
    /// `http://…` of the API.
    pub(crate) api_url: String,
    /// `http://…` of Socket.IO.
    pub(crate) events_url: String,
    /// Its pipeline.
    pub(crate) pipeline: String,
    /// What users' tokens are signed with.
    pub(crate) keys: Keys,
    /// The processes.
    pub(crate) processes: Vec<(Part, Arc<Process>)>,
}

/// What runs. The order of the fields is the order in which they end: clients before their servers.
pub(crate) struct Stacks {
    node: NodeStack,
    ours: Stack,
}

impl Stacks {
    /// Starts both, with a worker for each contender.
    ///
    /// # Errors
    /// Where a process does not come up; the text ends with its log.
    pub(crate) async fn start(contenders: &[Contender], scripts: &Path) -> anyhow::Result<Self> {
        let ours = our_stack::start(contenders).await?;
        let node = NodeStack::start(contenders, scripts, &ours).await?;
        Ok(Self { node, ours })
    }

    /// Where a contender is.
    ///
    /// # Errors
    /// Where it was not started.
    pub(crate) fn entrance(&self, contender: Contender) -> anyhow::Result<Entrance> {
        let backing = &self.ours.backing;
        let servers = [
            (Part::Minio, backing.minio.as_ref().context("MinIO is the stack's own")?.process()),
            (Part::Redis, backing.redis.as_ref().context("Redis is the stack's own")?.process()),
        ];
        let own = match contender.way() {
            Way::Ours(_) => self.our_processes(contender)?,
            Way::Node { .. } => self.node.processes(contender)?,
        };
        let (api_url, events_url) = match contender.way() {
            Way::Ours(_) => (self.ours.api.url(), self.ours.events.url()),
            Way::Node { .. } => self.node.urls(),
        };
        let processes = own.into_iter().chain(servers).collect();
        Ok(Entrance { api_url, events_url, pipeline: contender.name(), keys: self.ours.keys.clone(), processes })
    }

    fn our_processes(&self, contender: Contender) -> anyhow::Result<Vec<(Part, Arc<Process>)>> {
        let is_its = |name: &str| name == format!("{contender}-worker-1");
        let worker = self.ours.workers.iter().find(|worker| is_its(worker.name()));
        Ok(vec![
            (Part::Worker, worker.with_context(|| format!("{contender} has no worker"))?.process()?),
            (Part::Gateway, self.ours.api.process()?),
            (Part::Storage, self.ours.storage.process()?),
            (Part::Events, self.ours.events.process()?),
        ])
    }
}
