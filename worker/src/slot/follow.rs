//! Following one slot through one photo: what it tells is checked and passed on, and its time is measured.

use std::{pin::pin, time::Duration};

use photo_core::port::PortError;
use photo_stages::StageUpdate;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout_at},
};

use super::{
    child::{Death, Reports, Slot, Unsent},
    course::{Cause, Course, OutOfTurn},
    frame::FrameError,
    memory::SlotMemory,
    message::Report,
    original::OpenOriginal,
};

/// How long a slot may be silent outside of a stage: once it has the original, and between two stages, where there is
/// nothing to do.
const BETWEEN_STAGES: Duration = Duration::from_secs(30);

/// What a slot tells is passed on to this.
pub type Tell<'a> = dyn FnMut(StageUpdate) + Send + 'a;

/// Why a slot can't be followed any further.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The stage under way took longer than it may.
    #[error("the stage's time is over")]
    StageTimedOut,
    /// It said nothing where no stage is under way.
    #[error("it was silent between two stages")]
    Silent,
    /// Its pipe ended, or held no frames.
    #[error("its reports broke off: {0}")]
    Frame(#[from] FrameError),
    /// It told what could not be.
    #[error(transparent)]
    OutOfTurn(#[from] OutOfTurn),
    /// It said that the run is over, and it is not.
    #[error("it ended the run early")]
    EndedEarly,
    /// It panicked where the stages do not contain it.
    #[error("it panicked: {0}")]
    Panicked(String),
    /// It answered another order.
    #[error("it said that it is ready in the middle of a run")]
    Ready,
}

/// Why a slot did not come to its photo's end.
#[derive(Debug)]
pub(super) enum Stopped {
    /// It broke off.
    Broken(Broken),
    /// There was no photo for it.
    Unread(PortError),
}

impl From<Broken> for Stopped {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl Broken {
    /// Whether it may still be working, so that it must be ended.
    pub(super) fn is_silence(&self) -> bool {
        matches!(self, Self::StageTimedOut | Self::Silent)
    }

    /// What it means for the stage under way.
    pub(super) fn cause(&self, death: &Death) -> Cause {
        match self {
            Self::StageTimedOut => Cause::TimedOut,
            _ if death.last_words.out_of_memory => Cause::OutOfMemory,
            Self::Silent | Self::Frame(_) | Self::OutOfTurn(_) | Self::EndedEarly | Self::Panicked(_) | Self::Ready => {
                Cause::Broken
            }
        }
    }
}

/// Has the slot run the stages that are left, and returns once it waits for the next photo.
pub(super) async fn follow(
    slot: &mut Slot,
    course: &mut Course<'_>,
    memory: SlotMemory,
    original: OpenOriginal<'_>,
    tell: &mut Tell<'_>,
) -> Result<(), Stopped> {
    let (spec, ended) = (course.spec(), course.ended().to_vec());
    let (sending, reports) = slot.begin(spec, &ended, original);
    let (told_sent, is_sent) = oneshot::channel();
    let sending = async {
        let sent = sending.await;
        // Who listens no more has heard enough.
        told_sent.send(()).unwrap_or_default();
        sent
    };
    let mut listening = pin!(listen(Listening { reports, is_sent, memory }, course, tell));
    let sent = tokio::select! {
        // A slot can't answer what it has not read, so an honest answer is never seen before the order is sent.
        biased;
        sent = sending => sent,
        followed = &mut listening => return Ok(followed.and(Err(Broken::EndedEarly))?),
    };
    if let Err(Unsent::Unread(error)) = sent {
        return Err(Stopped::Unread(error));
    }
    // A slot that does not take its photo tells more by what it says, or by its end.
    listening.await?;
    match sent {
        Err(Unsent::Frame(error)) => Err(Broken::Frame(error).into()),
        Err(Unsent::Unread(_)) | Ok(()) => Ok(()),
    }
}

/// What is listened to, and until when.
struct Listening<'a> {
    reports: Reports<'a>,
    /// That the photo was sent: before that nothing is expected of the slot.
    is_sent: oneshot::Receiver<()>,
    memory: SlotMemory,
}

async fn listen(listening: Listening<'_>, course: &mut Course<'_>, tell: &mut Tell<'_>) -> Result<(), Broken> {
    let Listening { mut reports, is_sent, memory } = listening;
    // A slot can't hand out more than it can hold.
    let mut bytes_left = memory.bytes();
    let silence = async {
        // Where it is dropped it was not told, and will not be: all that is left is the time.
        drop(is_sent.await);
        sleep(BETWEEN_STAGES).await;
    };
    let mut next = tokio::select! {
        biased;
        first = reports.next(bytes_left) => first?,
        () = silence => return Err(Broken::Silent),
    };
    let mut deadline = Instant::now() + BETWEEN_STAGES;
    loop {
        let (report, body) = next;
        bytes_left = bytes_left.saturating_sub(body.len() as u64);
        match report {
            Report::Stage(update) => {
                course.note(&update)?;
                deadline = next_deadline(&update, course).unwrap_or(deadline);
                tell(with_body(update, body));
            }
            Report::Ended if course.is_over() => return Ok(()),
            Report::Ended => return Err(Broken::EndedEarly),
            Report::Panicked { detail } => return Err(Broken::Panicked(detail)),
            Report::Ready => return Err(Broken::Ready),
        }
        let silence = if course.under_way().is_some() { Broken::StageTimedOut } else { Broken::Silent };
        next = timeout_at(deadline, reports.next(bytes_left)).await.map_err(|_| silence)??;
    }
}

/// Until when the slot may be silent after that update, where it changes that.
fn next_deadline(update: &StageUpdate, course: &Course<'_>) -> Option<Instant> {
    match update {
        StageUpdate::Started { .. } => {
            let seconds = course.under_way()?.timeout_seconds;
            Some(Instant::now() + Duration::from_secs(seconds.into()))
        }
        StageUpdate::Completed { .. } | StageUpdate::Failed { .. } | StageUpdate::Skipped { .. } => {
            Some(Instant::now() + BETWEEN_STAGES)
        }
        StageUpdate::Made { .. } | StageUpdate::Measured { .. } | StageUpdate::Described { .. } => None,
    }
}

fn with_body(mut update: StageUpdate, body: Vec<u8>) -> StageUpdate {
    if let StageUpdate::Made { output, .. } = &mut update {
        output.bytes = body;
    }
    update
}
