//! How far a run is, told live: stage events go straight to the log, in order. They are progress, not truth; an event
//! that the log does not take is dropped with a line in our own log.

use std::sync::Arc;

use photo_core::{
    clock::Clock,
    event::{Event, EventKind, StageFailed, StageProgress, StageSkipped, ThumbnailGenerated},
    id::EventId,
    photo::VariantRole,
    pipeline::StageName,
    port::EventLog,
    run::Run,
};
use photo_stages::{Output, StageFailure, StageUpdate};
use tokio::{sync::mpsc, task::JoinHandle};

/// Tells of one run.
pub(crate) struct Progress {
    run: Run,
    clock: Clock,
    stages: u32,
    ended: u32,
    next_index: u32,
    events: mpsc::UnboundedSender<Event>,
}

/// The task that writes a run's events, in order.
pub(crate) struct Telling(JoinHandle<()>);

impl Progress {
    /// Starts telling of a run with `stages` stages.
    pub(crate) fn of(run: &Run, stages: usize, log: Arc<dyn EventLog>, clock: Clock) -> (Self, Telling) {
        // A run makes two events for each of its 16 stages at most, and one for each of its thumbnails.
        let (events, mut pending) = mpsc::unbounded_channel::<Event>();
        let telling = tokio::spawn(async move {
            while let Some(event) = pending.recv().await {
                if let Err(error) = log.append(&event).await {
                    // The run must not wait for each of its events to time out.
                    tracing::warn!(photo_id = %event.photo_id, error = error.chain(), "progress is no longer told");
                    return;
                }
            }
        });
        let stages = u32::try_from(stages).unwrap_or(u32::MAX);
        let progress = Self { run: run.clone(), clock, stages, ended: 0, next_index: 0, events };
        (progress, Telling(telling))
    }

    /// Tells what the stages tell of themselves, as far as it is progress.
    pub(crate) fn tell(&mut self, update: &StageUpdate) {
        let index = self.next_index;
        match update {
            StageUpdate::Started { stage } => self.send(EventKind::StageStarted(self.at(stage))),
            StageUpdate::Completed { stage } => {
                self.ended += 1;
                self.send(EventKind::StageCompleted(self.at(stage)));
            }
            StageUpdate::Failed { failure: StageFailure { stage, failure, .. } } => {
                self.ended += 1;
                let (stage, failure) = (stage.clone(), failure.clone());
                self.send(EventKind::StageFailed(StageFailed { stage, index, failure }));
            }
            StageUpdate::Skipped { stage, reason } => {
                self.ended += 1;
                let StageProgress { stage, index, progress_percent } = self.at(stage);
                let reason = reason.clone();
                self.send(EventKind::StageSkipped(StageSkipped { stage, index, progress_percent, reason }));
            }
            StageUpdate::Made { output: Output { name, role: VariantRole::Thumbnail, width, height, .. }, .. } => {
                let (variant, width, height) = (name.clone(), *width, *height);
                self.send(EventKind::ThumbnailGenerated(ThumbnailGenerated { index, variant, width, height }));
            }
            StageUpdate::Made { output: Output { role: VariantRole::Optimized, .. }, .. }
            | StageUpdate::Measured { .. }
            | StageUpdate::Described { .. } => {}
        }
    }

    fn at(&self, stage: &StageName) -> StageProgress {
        let progress_percent = percent(self.ended, self.stages);
        StageProgress { stage: stage.clone(), index: self.next_index, progress_percent }
    }

    fn send(&mut self, kind: EventKind) {
        self.next_index += 1;
        let event = Event {
            id: EventId::generate(),
            photo_id: self.run.photo_id,
            sender: self.run.sender.clone().into(),
            pipeline: self.run.pipeline.clone(),
            generation: self.run.generation,
            run: Some(self.run.id),
            seq: None,
            time: self.clock.now(),
            kind,
        };
        if self.events.send(event).is_err() {
            tracing::debug!(run = %self.run.id, "progress is no longer told");
        }
    }
}

impl Telling {
    /// Waits until everything was written, so that no stage event comes after the event that ends the run.
    pub(crate) async fn end(self) {
        if self.0.await.is_err() {
            tracing::warn!("the telling of a run broke off");
        }
    }
}

/// From 5 when the first stage begins to 95 when the last has ended: the rest is storing the outputs.
fn percent(ended: u32, stages: u32) -> u8 {
    let share = u64::from(ended.min(stages)) * 90 / u64::from(stages.max(1));
    u8::try_from(5 + share).unwrap_or(95)
}

#[cfg(test)]
impl Progress {
    /// Of a run with `stages` stages, whose events nobody writes.
    pub(crate) fn unlogged(stages: u32) -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (events, told) = mpsc::unbounded_channel();
        (Self { run: a_run(), clock: Clock::System, stages, ended: 0, next_index: 0, events }, told)
    }
}

#[cfg(test)]
fn a_run() -> Run {
    use photo_core::{
        blob_key::{BlobKey, BlobLocation, BucketPurpose},
        id::{PhotoId, RunId, UploadId},
        photo::{Original, Sender, Sha256},
        trace::TraceParent,
        upload_format::UploadFormat,
    };
    let photo_id = PhotoId::generate();
    let key = BlobKey::Original { photo: photo_id, upload: UploadId::generate() };
    Run {
        id: RunId::generate(),
        photo_id,
        pipeline: "full-processing".parse().unwrap(),
        generation: 1,
        delivery: 1,
        original: Original {
            location: BlobLocation { bucket: BucketPurpose::Originals, key },
            format: UploadFormat::Jpeg,
            size_bytes: 3,
            sha256: Sha256::try_from("5e".repeat(32)).unwrap(),
        },
        sender: Sender {
            user: "alice".parse().unwrap(),
            client_id: None,
            session_id: None,
            traceparent: TraceParent::generate(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_rises_from_5_to_95() {
        let steps: Vec<u8> = (0..=4).map(|ended| percent(ended, 4)).collect();
        assert_eq!(steps, [5, 27, 50, 72, 95]);
        assert_eq!(percent(0, 0), 5);
        assert_eq!(percent(9, 2), 95);
    }
}
