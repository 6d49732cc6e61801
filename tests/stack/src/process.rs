//! A child process with a log file that never outlives the process that started it.
//!
//! The kernel kills it when its parent ends (`setpriv --pdeathsig`), which no clean-up code could do after a SIGKILL.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{LazyLock, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use tokio::time::{Instant, sleep};

/// How often a condition of a process is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// A running or ended child process. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    log: PathBuf,
    pid: u32,
    child: Mutex<Child>,
}

impl Process {
    /// Starts `command` with its output appended to `log`. `name` is for messages.
    ///
    /// Of the command its program, arguments, folder and environment changes are used, not its streams.
    ///
    /// # Errors
    /// Where the log can't be opened or `setpriv` (Debian package util-linux) is missing. A missing program shows as a
    /// process that has ended, with the reason in its log.
    pub fn start(name: &str, command: &Command, log: &Path) -> anyhow::Result<Self> {
        let open = || OpenOptions::new().create(true).append(true).open(log);
        let open = || open().with_context(|| format!("opening the log {}", log.display()));
        let mut bound = bound_to_parent(command);
        bound.stdin(Stdio::null()).stdout(open()?).stderr(open()?);
        let child = spawn(bound).with_context(|| format!("starting {name} through setpriv (util-linux)"))?;
        Ok(Self { name: name.to_owned(), log: log.to_owned(), pid: child.id(), child: Mutex::new(child) })
    }

    /// Its name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Where its output goes.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Whether it has not ended yet.
    pub fn is_running(&self) -> bool {
        matches!(self.exit_status(), Ok(None))
    }

    /// How it ended; `None` while it runs.
    pub fn exit_status(&self) -> io::Result<Option<ExitStatus>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait()
    }

    /// Ends it at once (SIGKILL) and waits until it is gone.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // Both fail only for a child that has been waited for, and then it is gone as asked.
        drop(child.kill());
        drop(child.wait());
    }

    /// Stops it where it is (SIGSTOP), as a machine does that has no time for it, and returns when it stands still.
    ///
    /// # Errors
    /// Where it has ended.
    pub async fn pause(&self) -> anyhow::Result<()> {
        self.signal("-STOP")?;
        while !self.status("State")?.starts_with('T') {
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Lets it go on after [`Process::pause`] (SIGCONT).
    ///
    /// # Errors
    /// Where it has ended.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.signal("-CONT")
    }

    /// Asks it to end (SIGTERM) and returns how it did.
    ///
    /// # Errors
    /// Where it still ran after `deadline`; it is killed then.
    pub async fn terminate(&self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        if self.is_running() {
            // It can fail only where the process has just ended.
            drop(self.signal("-TERM"));
        }
        let until = Instant::now() + deadline;
        loop {
            if let Some(status) = self.exit_status()? {
                return Ok(status);
            }
            if Instant::now() >= until {
                self.kill();
                bail!("{} still ran {deadline:?} after SIGTERM and was killed", self.name);
            }
            sleep(POLL).await;
        }
    }

    /// The most memory it has had resident so far, in bytes.
    pub fn peak_rss_bytes(&self) -> anyhow::Result<u64> {
        self.memory("VmHWM")
    }

    /// The memory it has resident, in bytes.
    pub fn rss_bytes(&self) -> anyhow::Result<u64> {
        self.memory("VmRSS")
    }

    /// The most memory that its children which live have had resident so far, in bytes, added up.
    ///
    /// # Errors
    /// Where it has ended.
    pub fn children_peak_rss_bytes(&self) -> anyhow::Result<u64> {
        let tasks = format!("/proc/{}/task", self.pid);
        let mut bytes = 0;
        for task in fs::read_dir(&tasks).with_context(|| format!("reading {tasks} of {}", self.name))? {
            let children = fs::read_to_string(task?.path().join("children")).unwrap_or_default();
            // One that has ended meanwhile has no memory any more.
            bytes += children.split_whitespace().filter_map(|child| memory_of(child, "VmHWM")).sum::<u64>();
        }
        Ok(bytes)
    }

    /// The last `lines` lines of its log.
    pub fn log_tail(&self, lines: usize) -> String {
        let text = fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
    }

    /// Waits until `ready` says yes.
    ///
    /// # Errors
    /// Where the process ended before or the deadline passed; the text ends with the last lines of its log.
    pub async fn wait_until<F>(&self, deadline: Duration, mut ready: impl FnMut() -> F) -> anyhow::Result<()>
    where
        F: Future<Output = bool>,
    {
        let until = Instant::now() + deadline;
        loop {
            if !self.is_running() {
                bail!("{} ended before it was ready; its log ends with:\n{}", self.name, self.log_tail(20));
            }
            if ready().await {
                return Ok(());
            }
            if Instant::now() >= until {
                bail!("{} was not ready within {deadline:?}; its log ends with:\n{}", self.name, self.log_tail(20));
            }
            sleep(POLL).await;
        }
    }

    fn memory(&self, field: &str) -> anyhow::Result<u64> {
        let text = self.status(field)?;
        let kib = text.strip_suffix(" kB").and_then(|text| text.parse::<u64>().ok());
        Ok(kib.with_context(|| format!("{field} of {} is `{text}`", self.name))? * 1024)
    }

    /// What the kernel says of it.
    fn status(&self, field: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/status", self.pid);
        let status = fs::read_to_string(&path).with_context(|| format!("reading {path} of {}", self.name))?;
        let text = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        let text = text.with_context(|| format!("{} shows no {field}: it has ended", self.name))?;
        Ok(text.trim().to_owned())
    }

    /// A child that has ended keeps its process id until it is waited for, so that no other process is meant.
    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        ensure!(self.is_running(), "{} has ended", self.name);
        // A signal needs no unsafe code this way.
        let sent = Command::new("/bin/kill").arg(signal).arg(self.pid.to_string()).stderr(Stdio::null()).status()?;
        ensure!(sent.success(), "{} can't be sent {signal}", self.name);
        Ok(())
    }
}

/// What the kernel says of the memory of the process `pid`, in bytes: `VmRSS` or `VmHWM`. `None` where it has ended.
pub fn memory_of(pid: &str, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let memory = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    Some(memory.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// `command` run by `setpriv`, which becomes it after having tied it to its parent.
fn bound_to_parent(command: &Command) -> Command {
    let mut bound = Command::new("setpriv");
    bound.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => bound.env(name, value),
            None => bound.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        bound.current_dir(folder);
    }
    bound
}

type Order = (Command, mpsc::SyncSender<io::Result<Child>>);

/// "Parent" means the thread that forked, so all children come from one thread that lives as long as this process.
/// Children of a test's or a runtime's thread would be killed when that thread ends.
static SPAWNER: LazyLock<mpsc::Sender<Order>> = LazyLock::new(|| {
    let (orders, queue) = mpsc::channel::<Order>();
    thread::spawn(move || {
        for (mut command, reply) in queue {
            // The asker waits for the reply, so it is there to take it.
            drop(reply.send(command.spawn()));
        }
    });
    orders
});

fn spawn(command: Command) -> io::Result<Child> {
    let (reply, answer) = mpsc::sync_channel(1);
    SPAWNER.send((command, reply)).map_err(io::Error::other)?;
    answer.recv().map_err(io::Error::other)?
}

#[cfg(test)]
mod tests;
