//! `photo-local`: the whole platform as one real process, on a free port of loopback.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::{
    keys::{USER_AUDIENCE, sign},
    photos::Photos,
    process::Process,
    stack::bin_folder,
};

const READY_LIMIT: Duration = Duration::from_mins(1);

/// The end of what it says to people once it takes photos.
const GREETED: &str = "start goes on where this one ended.";

/// A running `photo-local`. Dropping it kills it.
#[derive(Debug)]
pub struct LocalPlatform {
    /// The process; its log has what it says to people too.
    pub process: Process,
    folder: PathBuf,
    url: String,
}

/// What it tells other programs of its user.
#[derive(Debug, Deserialize)]
struct Running {
    url: String,
    pid: u32,
}

impl LocalPlatform {
    /// The program.
    ///
    /// # Errors
    /// It was not built.
    pub fn program() -> anyhow::Result<PathBuf> {
        let program = bin_folder()?.join("photo-local");
        ensure!(program.is_file(), "{} was not built: run `make build`", program.display());
        Ok(program)
    }

    /// The command that runs the documents in `files` with everything in `folder`, on any free port.
    ///
    /// # Errors
    /// The program was not built.
    pub fn command(folder: &Path, files: &[PathBuf]) -> anyhow::Result<Command> {
        let mut command = Command::new(Self::program()?);
        command.args(["--port", "0", "--data-dir"]).arg(folder).arg("-f").args(files);
        Ok(command)
    }

    /// Starts a command that becomes `photo-local` on `folder`, and returns when it takes photos and has said so. Its log is
    /// beside the folder. A folder that was used before goes on.
    ///
    /// # Errors
    /// It ends before, or is not ready within a minute; the text ends with its log.
    pub async fn start(command: &Command, folder: &Path) -> anyhow::Result<Self> {
        let log = folder.with_extension("log");
        let greetings = || std::fs::read_to_string(&log).map_or(0, |said| said.matches(GREETED).count());
        let greeted_before = greetings();
        let process = Process::start("photo-local", command, &log)?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).no_proxy().build()?;
        let ready = || async {
            // What a killed process told before is still there.
            let Some(running) = running(folder).filter(|running| running.pid == process.pid()) else { return false };
            let reply = http.get(format!("{}/readyz", running.url)).send().await;
            reply.is_ok_and(|reply| reply.status().is_success()) && greetings() > greeted_before
        };
        process.wait_until(READY_LIMIT, ready).await?;
        let url = running(folder).context("the platform has just told where it is")?.url;
        Ok(Self { process, folder: folder.to_owned(), url })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token of the user `sub`.
    ///
    /// # Errors
    /// There is no key.
    pub fn user_token(&self, sub: &str, ttl: Duration) -> anyhow::Result<String> {
        let key = std::fs::read_to_string(self.folder.join("user-token.key")).context("reading the platform's key")?;
        sign(&key, sub, USER_AUDIENCE, ttl)
    }

    /// The public API in the name of the user `sub`.
    ///
    /// # Errors
    /// No token or client can be made.
    pub fn photos_of(&self, sub: &str) -> anyhow::Result<Photos> {
        Ok(Photos::new(&self.url, &self.user_token(sub, Duration::from_hours(1))?)?)
    }
}

fn running(folder: &Path) -> Option<Running> {
    serde_json::from_str(&std::fs::read_to_string(folder.join("running.json")).ok()?).ok()
}
