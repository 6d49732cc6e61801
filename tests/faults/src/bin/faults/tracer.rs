//! A look at, and a hand in, the calls that a process makes of its disk.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context;

use crate::wait::until;

const LIMIT: Duration = Duration::from_secs(30);
const SYNCS: &str = "trace=fsync,fdatasync";

/// `strace` on a process that runs.
pub(crate) struct Tracer {
    strace: Child,
    calls: PathBuf,
}

impl Tracer {
    /// Notes from now on when the process makes writes durable.
    pub(crate) async fn watch(pid: u32, folder: &Path) -> anyhow::Result<Self> {
        Self::attach(pid, folder, &[]).await
    }

    /// From now on the disk fails to make writes durable.
    pub(crate) async fn fail(pid: u32, folder: &Path) -> anyhow::Result<Self> {
        Self::attach(pid, folder, &["-e", "inject=fsync,fdatasync:error=EIO"]).await
    }

    async fn attach(pid: u32, folder: &Path, more: &[&str]) -> anyhow::Result<Self> {
        let calls = folder.join("calls");
        let strace = Command::new("strace")
            .args(["--follow-forks", "--quiet=attach", "-e", SYNCS])
            .args(more)
            .args(["--attach", &pid.to_string(), "--output"])
            .arg(&calls)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("strace can't be started: run `make faults`")?;
        let tracer = Self { strace, calls };
        until("strace attaches", LIMIT, async || is_traced(pid)).await?;
        Ok(tracer)
    }

    /// Ends the look. How many writes were made durable meanwhile.
    pub(crate) fn syncs(mut self) -> anyhow::Result<usize> {
        let pid = self.strace.id().to_string();
        // It lets go of the process then, and writes what it has seen.
        Command::new("/bin/kill").args(["-INT", &pid]).status()?;
        self.strace.wait()?;
        let text = fs::read_to_string(&self.calls)?;
        Ok(text.lines().filter(|line| line.contains("sync") && line.trim_end().ends_with("= 0")).count())
    }
}

/// Whether no thread of a process makes a call that is not traced. One that has ended makes none.
fn is_traced(pid: u32) -> anyhow::Result<bool> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Ok(true) };
    for task in tasks {
        let Ok(status) = fs::read_to_string(task?.path().join("status")) else { continue };
        if !has_ended(&status) && status.lines().any(|line| line == "TracerPid:\t0") {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the kernel says of a thread that it waits for nothing but its parent.
fn has_ended(status: &str) -> bool {
    status.lines().any(|line| line.starts_with("State:\tZ") || line.starts_with("State:\tX"))
}
