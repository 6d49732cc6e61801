//! The platform in one process, `photo-local`, on a free loopback port and a folder of its own.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::{
    photos::Photos,
    ports::free_port,
    role::{Role, RolePorts},
    stack::bin_folder,
};

/// A platform in one process; dropping it kills it.
#[derive(Debug)]
pub struct Embedded {
    /// The process. It can be killed and started again; its folder stays.
    pub process: Role,
    program: PathBuf,
    folder: TempDir,
}

impl Embedded {
    /// Starts the platform of these documents, and returns when it is ready.
    ///
    /// # Errors
    /// Where it does not come up; the text ends with its log.
    pub async fn start(documents: &[PathBuf]) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("photo-local-").tempdir().context("making a folder")?;
        let program = bin_folder()?.join("photo-local");
        let port = free_port()?;
        let mut command = Command::new(&program);
        command.arg("run").arg("--port").arg(port.to_string()).arg("--data-dir").arg(folder.path().join("platform"));
        command.arg("--filename").args(documents).current_dir(folder.path());
        let process = Role::new("photo-local", command, RolePorts { own: port, probe: port }, folder.path())?;
        process.start().await?;
        Ok(Self { process, program, folder })
    }

    /// Where it keeps photos, database and key.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("platform")
    }

    /// The folder with everything that it keeps on disk, its log included.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A token for the user `sub`, as `photo-local token` prints it.
    ///
    /// # Errors
    /// Where the command fails.
    pub fn user_token(&self, sub: &str, ttl: Duration) -> anyhow::Result<String> {
        let mut command = Command::new(&self.program);
        command.arg("token").arg("--data-dir").arg(self.data_dir());
        command.args(["--sub", sub, "--ttl-seconds", &ttl.as_secs().to_string()]);
        let output = command.output().context("running photo-local token")?;
        ensure!(output.status.success(), "photo-local token: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout).context("a token is text")?.trim().to_owned())
    }

    /// The public API in the name of the user `sub`.
    ///
    /// # Errors
    /// Where no token or client can be made.
    pub fn photos_of(&self, sub: &str) -> anyhow::Result<Photos> {
        Ok(Photos::new(&self.process.url(), &self.user_token(sub, Duration::from_hours(1))?)?)
    }
}
