//! The Node stack: a gateway, an events process, and a worker for each way of using sharp.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, ensure};
use photo_stack::{Stack, ports::free_port, process::Process};

use crate::{
    contender::{Contender, Way},
    part::Part,
};

const START_LIMIT: Duration = Duration::from_mins(1);

/// Its processes. Dropping it kills them.
pub(crate) struct NodeStack {
    workers: Vec<(Contender, Arc<Process>)>,
    /// Both are there as soon as a contender is Node's.
    front: Option<Front>,
}

/// What all its contenders have in common.
struct Front {
    gateway: Arc<Process>,
    gateway_port: u16,
    events: Arc<Process>,
    events_port: u16,
}

impl NodeStack {
    /// Starts what the contenders need of it, on the Redis and the MinIO of `ours`.
    ///
    /// # Errors
    /// Where a process does not come up; the text ends with its log.
    pub(crate) async fn start(contenders: &[Contender], scripts: &Path, ours: &Stack) -> anyhow::Result<Self> {
        let nodes: Vec<_> = contenders.iter().filter(|by| matches!(by.way(), Way::Node { .. })).copied().collect();
        let mut stack = Self { workers: Vec::new(), front: None };
        if nodes.is_empty() {
            return Ok(stack);
        }
        let site = Site::new(&nodes, scripts, ours)?;
        let (gateway_port, events_port) = (free_port()?, free_port()?);
        let gateway = site.start("node-gateway", site.front("gateway.mjs", gateway_port)).await?;
        let events = site.start("node-events", site.front("events.mjs", events_port)).await?;
        stack.front = Some(Front { gateway, gateway_port, events, events_port });
        for contender in nodes {
            let Way::Node { sharp, arenas } = contender.way() else { continue };
            let mut command = site.script("worker.mjs", arenas);
            command.args([&contender.name(), sharp]);
            stack.workers.push((contender, site.start(&format!("{contender}-worker"), command).await?));
        }
        Ok(stack)
    }

    /// The addresses of its API and its Socket.IO.
    pub(crate) fn urls(&self) -> (String, String) {
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        self.front.as_ref().map(|front| (url(front.gateway_port), url(front.events_port))).unwrap_or_default()
    }

    /// The processes that a contender's photos go through.
    ///
    /// # Errors
    /// Where it was not started.
    pub(crate) fn processes(&self, contender: Contender) -> anyhow::Result<Vec<(Part, Arc<Process>)>> {
        let worker = self.workers.iter().find(|(by, _)| *by == contender).map(|(_, worker)| worker);
        let worker = worker.with_context(|| format!("{contender} was not started"))?;
        let front = self.front.as_ref().with_context(|| format!("{contender} has no gateway"))?;
        Ok(vec![
            (Part::Worker, Arc::clone(worker)),
            (Part::Gateway, Arc::clone(&front.gateway)),
            (Part::Events, Arc::clone(&front.events)),
        ])
    }
}

/// The packages that it is made of, with their versions, from its `package.json`.
///
/// # Errors
/// Where that can't be read.
pub(crate) fn versions(scripts: &Path) -> anyhow::Result<String> {
    let package: serde_json::Value = serde_json::from_slice(&fs::read(scripts.join("package.json"))?)?;
    let packages = package.get("dependencies").and_then(|packages| packages.as_object());
    let packages = packages.context("package.json names no dependencies")?;
    let node = Command::new("node").arg("--version").output().context("is Node.js installed?")?;
    let node = String::from_utf8_lossy(&node.stdout).trim().to_owned();
    let named = packages.iter().map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or_default()));
    Ok([format!("node {node}")].into_iter().chain(named).collect::<Vec<_>>().join(", "))
}

/// What all its processes are told.
struct Site {
    scripts: PathBuf,
    /// Logs and the database.
    folder: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Site {
    fn new(nodes: &[Contender], scripts: &Path, ours: &Stack) -> anyhow::Result<Self> {
        ensure!(
            scripts.join("node_modules").is_dir(),
            "the packages of {} are missing: `scripts/install.sh path-peers` installs them",
            scripts.display()
        );
        let folder = ours.folder().join("node");
        fs::create_dir_all(&folder)?;
        let minio = ours.backing.minio.as_ref().context("MinIO is the stack's own")?;
        let environment = vec![
            ("NODE_ENV", "production".to_owned()),
            ("REDIS_URL", ours.backing.redis_url().to_owned()),
            ("MINIO_ENDPOINT", minio.endpoint()),
            ("MINIO_ACCESS_KEY", minio.access_key().to_owned()),
            ("MINIO_SECRET_KEY", minio.secret_key().to_owned()),
            ("SQLITE_PATH", folder.join("photos.sqlite").display().to_string()),
            ("JWT_SECRET", ours.keys.user.clone()),
            ("QUEUES", nodes.iter().map(|by| by.name()).collect::<Vec<_>>().join(",")),
        ];
        Ok(Self { scripts: scripts.to_owned(), folder, environment })
    }

    /// A process that listens. It has two arenas, whoever its workers are: it is the same for all.
    fn front(&self, script: &str, port: u16) -> Command {
        let mut command = self.script(script, Some("2"));
        command.env("PORT", port.to_string());
        command
    }

    fn script(&self, name: &str, arenas: Option<&str>) -> Command {
        let mut command = Command::new("node");
        command.arg(self.scripts.join(name)).envs(self.environment.iter().map(|(name, value)| (name, value)));
        match arenas {
            Some(count) => command.env("MALLOC_ARENA_MAX", count),
            None => command.env_remove("MALLOC_ARENA_MAX"),
        };
        command
    }

    /// Starts a process and returns when it has said that it is ready.
    async fn start(&self, name: &str, command: Command) -> anyhow::Result<Arc<Process>> {
        let process = Process::start(name, &command, &self.folder.join(format!("{name}.log")))?;
        process.wait_until(START_LIMIT, async || process.log_tail(100).lines().any(|line| line == "ready")).await?;
        Ok(Arc::new(process))
    }
}
