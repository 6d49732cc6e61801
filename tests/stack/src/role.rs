//! One process of the platform: a role of the gateway, or a worker. It keeps its ports over restarts.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;

use crate::{ports::free_port, process::Process};

const READY_LIMIT: Duration = Duration::from_mins(1);

/// A running or ended process of the platform. Dropping it kills it.
#[derive(Debug)]
pub struct Role {
    name: String,
    command: Command,
    log: PathBuf,
    ports: RolePorts,
    http: reqwest::Client,
    process: Mutex<Option<Arc<Process>>>,
}

/// Where a role listens on 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub struct RolePorts {
    /// Its own port; a worker does not use it.
    pub own: u16,
    /// `/livez`, `/readyz`, `/health`, `/metrics`.
    pub probe: u16,
}

impl RolePorts {
    /// Two ports that are free.
    ///
    /// # Errors
    /// Where none is.
    pub fn free() -> anyhow::Result<Self> {
        Ok(Self { own: free_port()?, probe: free_port()? })
    }
}

impl Role {
    /// A role that is not started yet: `command` with the environment that every role reads, its log in `folder`.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn new(name: &str, mut command: Command, ports: RolePorts, folder: &Path) -> anyhow::Result<Self> {
        command
            .env("BIND_ADDRESS", "127.0.0.1")
            .env("PORT", ports.own.to_string())
            .env("PROBE_PORT", ports.probe.to_string());
        Ok(Self {
            name: name.to_owned(),
            command,
            log: folder.join(format!("{name}.log")),
            ports,
            http: reqwest::Client::builder().timeout(Duration::from_secs(5)).no_proxy().build()?,
            process: Mutex::default(),
        })
    }

    /// Its name, which is also its log's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `http://127.0.0.1:<port>`, before and after a restart.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.own)
    }

    /// Its own port, before and after a restart.
    pub fn port(&self) -> u16 {
        self.ports.own
    }

    /// The base of `/livez`, `/readyz`, `/health` and `/metrics`.
    pub fn probe_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.probe)
    }

    /// The file that its output goes to.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Starts it without waiting; ends it first if it runs.
    ///
    /// # Errors
    /// Where the process can't be made.
    pub fn launch(&self) -> anyhow::Result<()> {
        self.launch_with(&[])
    }

    /// The same with more variables of the environment, for this time.
    ///
    /// # Errors
    /// Where the process can't be made.
    pub fn launch_with(&self, environment: &[(&str, &str)]) -> anyhow::Result<()> {
        self.kill();
        let mut command = Command::new(self.command.get_program());
        command.args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.envs(environment.iter().copied());
        if let Some(folder) = self.command.get_current_dir() {
            command.current_dir(folder);
        }
        let process = Process::start(&self.name, &command, &self.log)?;
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(process));
        Ok(())
    }

    /// Runs its program with its environment and other arguments, to the end: a command that works on what is the
    /// role's.
    ///
    /// # Errors
    /// Where the program can't be started.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new(self.command.get_program());
        command.args(arguments).envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.output().with_context(|| format!("running {arguments:?} of {}", self.name))
    }

    /// Waits until `/readyz` says yes.
    ///
    /// # Errors
    /// Where it ends before, or is not ready within a minute; the text ends with its log.
    pub async fn ready(&self) -> anyhow::Result<()> {
        let url = format!("{}/readyz", self.probe_url());
        let answers = || async {
            let reply = self.http.get(&url).send().await;
            reply.is_ok_and(|reply| reply.status().is_success())
        };
        self.process()?.wait_until(READY_LIMIT, answers).await
    }

    /// The value of a whole-numbered series of `/metrics`, such as `photo_worker_jobs_total{outcome="completed"}`; 0
    /// where it is not there yet.
    ///
    /// # Errors
    /// Where it does not answer with metrics.
    pub async fn metric(&self, series: &str) -> anyhow::Result<u64> {
        let text = self.tells("/metrics").await?;
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(Ok(0), |value| value.parse().with_context(|| format!("{series} is `{value}`")))
    }

    /// What it tells at a path of its probe port.
    ///
    /// # Errors
    /// It does not answer, or not well.
    pub async fn tells(&self, path: &str) -> anyhow::Result<String> {
        let reply = self.http.get(format!("{}{path}", self.probe_url())).send().await?.error_for_status()?;
        Ok(reply.text().await?)
    }

    /// Starts it on its ports, again if it ran before, and waits until it is ready.
    ///
    /// # Errors
    /// As of [`Role::ready`].
    pub async fn start(&self) -> anyhow::Result<()> {
        self.launch()?;
        self.ready().await
    }

    /// Ends it at once (SIGKILL), as a crash does. Nothing happens where it does not run.
    pub fn kill(&self) {
        if let Ok(process) = self.process() {
            process.kill();
        }
    }

    /// Asks it to end (SIGTERM), as Kubernetes does, and returns how it did.
    ///
    /// # Errors
    /// Where it was never started, or still runs after `deadline`; it is killed then.
    pub async fn terminate(&self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        self.process()?.terminate(deadline).await
    }

    /// The most memory that the running process has had resident, in bytes.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn peak_rss_bytes(&self) -> anyhow::Result<u64> {
        self.process()?.peak_rss_bytes()
    }

    /// The process that runs now or ran last.
    ///
    /// # Errors
    /// Where it was never started.
    pub fn process(&self) -> anyhow::Result<Arc<Process>> {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        process.clone().ok_or_else(|| anyhow::anyhow!("{} was never started", self.name))
    }
}

#[cfg(test)]
impl Role {
    /// The environment that it is started with, the inherited one apart.
    pub(crate) fn environment(&self) -> std::collections::BTreeMap<String, String> {
        let text = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
        self.command.get_envs().filter_map(|(name, value)| Some((text(name), text(value?)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that answers like a role: with its pid, so that a restart shows.
    fn role(folder: &Path) -> Role {
        let script = "import http.server, os\n\
             class Probe(http.server.BaseHTTPRequestHandler):\n\
             \x20   def do_GET(self):\n\
             \x20       self.send_response(200 if self.path in ('/readyz', '/metrics') else 404)\n\
             \x20       self.end_headers()\n\
             \x20       self.wfile.write(b'jobs_total{outcome=\"completed\"} 7\\njobs_total_other 8\\n')\n\
             http.server.HTTPServer((os.environ['BIND_ADDRESS'], int(os.environ['PROBE_PORT'])), Probe).serve_forever()";
        let mut command = Command::new("python3");
        command.args(["-c", script]);
        Role::new("probe", command, RolePorts::free().unwrap(), folder).unwrap()
    }

    #[tokio::test]
    async fn a_killed_role_comes_back_on_its_ports() {
        let folder = tempfile::tempdir().unwrap();
        let role = role(folder.path());
        assert!(role.peak_rss_bytes().is_err(), "it was never started");
        role.start().await.unwrap();
        assert_eq!(role.metric(r#"jobs_total{outcome="completed"}"#).await.unwrap(), 7);
        assert_eq!(role.metric("jobs_total").await.unwrap(), 0, "a series is not found by its beginning");
        let (url, pid) = (role.probe_url(), role.process().unwrap().pid());
        assert!(role.peak_rss_bytes().unwrap() > 0);
        role.kill();
        assert!(!role.process().unwrap().is_running());
        role.start().await.unwrap();
        assert_eq!(role.probe_url(), url);
        assert_ne!(role.process().unwrap().pid(), pid);
        let status = role.terminate(Duration::from_secs(20)).await.unwrap();
        assert!(!status.success(), "the signal ended it");
    }
}
