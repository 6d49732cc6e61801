//! One slot as its parent holds it: a process that was confined and answers, until it is dropped, which kills it.

use std::{io, process::ExitStatus, time::Duration};

use photo_core::pipeline::PipelineSpec;
use photo_stages::EndedStage;
use tokio::{
    io::{AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};
use tracing::Span;

use super::{
    frame::{self, FrameError},
    message::{Report, RunOrder},
    said::{LastWords, Said},
    setup::Setup,
    spawner::Spawner,
};

/// How long a slot may take until it is ready. It takes milliseconds; a machine may be busy.
const START_TIME: Duration = Duration::from_secs(30);

/// How long a slot whose pipes are closed may take to end by itself, so that it is known how it did.
const END_TIME: Duration = Duration::from_secs(1);

/// A slot that is ready, or works.
#[derive(Debug)]
pub(super) struct Slot {
    child: Child,
    orders: ChildStdin,
    reports: BufReader<ChildStdout>,
    said: Said,
}

/// How a slot ended.
#[derive(Debug)]
pub(super) struct Death {
    /// By a signal or by itself; unknown where it can't be waited for.
    pub(super) status: Option<ExitStatus>,
    /// What it has said of it.
    pub(super) last_words: LastWords,
}

/// Why a slot did not start.
#[derive(Debug, thiserror::Error)]
pub enum SlotStartError {
    /// The program can't be started.
    #[error("the program of the slots can't be started")]
    Spawn(#[source] io::Error),
    /// It ran, but did not become ready.
    #[error("a slot did not become ready: {why} ({end})")]
    NotReady {
        /// What was wrong.
        why: String,
        /// How its process ended, and what it said last.
        end: String,
    },
}

impl Slot {
    /// Starts one and waits until it is confined, has read its images and is ready.
    pub(super) async fn start(spawner: &Spawner, setup: &Setup) -> Result<Self, SlotStartError> {
        let mut child = spawner.spawn(setup.command.command()).await.map_err(SlotStartError::Spawn)?;
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(orders), Some(reports), Some(stderr)) = streams else {
            return Err(SlotStartError::Spawn(io::Error::other("it has no pipes")));
        };
        let mut slot = Self { child, orders, reports: BufReader::new(reports), said: Said::listen(stderr) };
        let why = match timeout(START_TIME, slot.become_ready(setup)).await {
            Ok(Ok(Report::Ready)) => return Ok(slot),
            Ok(Ok(other)) => format!("it said {other:?}"),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it said nothing for {} s", START_TIME.as_secs()),
        };
        let end = slot.end().await.to_string();
        Err(SlotStartError::NotReady { why, end })
    }

    async fn become_ready(&mut self, setup: &Setup) -> Result<Report, FrameError> {
        // Where nobody reads the orders, the answer tells why.
        drop(self.orders.write_all(&setup.orders()?).await);
        Ok(frame::receive(&mut self.reports, 0).await?.0)
    }

    /// Whether its process has not ended.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its two sides for the run of one photo: the order being written, and the reports to be read meanwhile.
    pub(super) fn begin<'a>(
        &'a mut self,
        spec: &'a PipelineSpec,
        ended: &'a [EndedStage],
        original: &'a [u8],
    ) -> (impl Future<Output = Result<(), FrameError>> + Send + 'a, Reports<'a>) {
        self.said.now_about(Span::current());
        let orders = &mut self.orders;
        let sending = async move {
            orders.write_all(&frame::head(&RunOrder::Run { spec, ended }, original.len())?).await?;
            Ok(orders.write_all(original).await?)
        };
        (sending, Reports { pipe: &mut self.reports })
    }

    /// Ends it at the latest after a moment, and waits until it is gone.
    pub(super) async fn end(self) -> Death {
        let Self { mut child, orders, reports, said } = self;
        drop((orders, reports));
        let status = match timeout(END_TIME, child.wait()).await {
            Ok(status) => status,
            Err(_) => kill(&mut child).await,
        };
        Death { status: status.ok(), last_words: said.last_words().await }
    }

    /// Ends it at once (SIGKILL), and waits until it is gone and its memory is free.
    pub(super) async fn kill(self) -> Death {
        let Self { mut child, said, .. } = self;
        let status = kill(&mut child).await;
        Death { status: status.ok(), last_words: said.last_words().await }
    }
}

async fn kill(child: &mut Child) -> io::Result<ExitStatus> {
    child.start_kill()?;
    child.wait().await
}

/// What a slot tells in one run.
pub(super) struct Reports<'a> {
    pipe: &'a mut BufReader<ChildStdout>,
}

impl Reports<'_> {
    /// The next report, with a body of at most `body_max` bytes.
    pub(super) async fn next(&mut self, body_max: u64) -> Result<(Report, Vec<u8>), FrameError> {
        frame::receive(self.pipe, body_max).await
    }
}

impl std::fmt::Display for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.status {
            Some(status) => write!(f, "{status}")?,
            None => f.write_str("how it ended is unknown")?,
        }
        self.last_words.line.as_ref().map_or(Ok(()), |line| write!(f, ", it said {line:?}"))
    }
}
