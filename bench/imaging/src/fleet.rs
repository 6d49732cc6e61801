//! The peers as processes: started once, then told one job after the other.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use crate::{
    contender::{Contender, Program},
    job::{Answer, Greeting, Order, Reply},
};

/// No job of the set takes a tenth of this on the slowest machine; who takes longer has hung.
const PATIENCE: Duration = Duration::from_mins(2);

/// Where the programs of other languages are.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// The folder of `sharp.mjs` and `pillow_peer.py`.
    pub(crate) peers: PathBuf,
    /// The Python that has Pillow.
    pub(crate) python: PathBuf,
}

/// A running peer. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) contender: Contender,
    pub(crate) greeting: Greeting,
    _child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Programs {
    fn command(&self, contender: Contender) -> Command {
        match contender.program() {
            Program::Ours(_) | Program::Image => with("/proc/self/exe", ["peer", &contender.name()]),
            Program::Sharp(arguments) => {
                let script = self.peers.join("sharp.mjs");
                with("node", [script.as_os_str()].into_iter().chain(arguments.iter().map(AsRef::as_ref)))
            }
            Program::Pillow => with(&self.python, [self.peers.join("pillow_peer.py")]),
        }
    }
}

fn with(program: impl AsRef<Path>, arguments: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    command
}

impl Peer {
    /// Starts it and waits until it has greeted.
    ///
    /// # Errors
    /// Where it does not.
    pub(crate) async fn start(contender: Contender, programs: &Programs) -> anyhow::Result<Self> {
        let mut child = programs.command(contender).spawn().with_context(|| format!("starting {contender}"))?;
        let orders = child.stdin.take().context("it was started with a pipe")?;
        let answers = BufReader::new(child.stdout.take().context("it was started with a pipe")?).lines();
        let greeting = Greeting { versions: String::new(), settings: String::new() };
        let mut peer = Self { contender, greeting, _child: child, orders, answers };
        peer.greeting = serde_json::from_str(&peer.line().await?).with_context(|| format!("{contender}'s greeting"))?;
        Ok(peer)
    }

    /// Has a job done.
    ///
    /// # Errors
    /// Where the peer refuses it, says nothing for two minutes, or has ended.
    pub(crate) async fn run(&mut self, order: &Order) -> anyhow::Result<Answer> {
        let line = format!("{}\n", serde_json::to_string(order)?);
        self.orders.write_all(line.as_bytes()).await?;
        let line = self.line().await?;
        let (contender, photo) = (self.contender, order.photo.display());
        match serde_json::from_str(&line).with_context(|| format!("{contender}'s answer: {line}"))? {
            Reply::Done(answer) if answer.is_complete(order.job) => Ok(answer),
            Reply::Done(_) => bail!("{contender} has not made what was asked of {photo}: {line}"),
            Reply::Refused { error } => bail!("{contender} refuses {photo}: {error}"),
        }
    }

    async fn line(&mut self) -> anyhow::Result<String> {
        let contender = self.contender;
        let line = timeout(PATIENCE, self.answers.next_line()).await;
        let line = line.with_context(|| format!("{contender} has said nothing for {} s", PATIENCE.as_secs()))?;
        line?.with_context(|| format!("{contender} has ended"))
    }
}

/// One process of each, started one after the other.
pub(crate) async fn start(contenders: &[Contender], programs: &Programs) -> anyhow::Result<Vec<Peer>> {
    let mut peers = Vec::new();
    for contender in contenders {
        peers.push(Peer::start(*contender, programs).await?);
    }
    Ok(peers)
}
