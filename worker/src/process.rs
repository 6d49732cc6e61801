//! One job from its claim to its acknowledgement: begin, read, run the stages, store, finish, acknowledge.
//!
//! The queue is told last. Whatever is lost before, the job comes again, and `begin` says what is left to do.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use photo_core::{
    clock::Clock,
    error_class::ErrorClass,
    failure::{Failure, FailureCode},
    job::{Claim, Job},
    photo::PhotoStatus,
    pipeline::{PipelineName, PipelineSpec},
    port::{BlobStore, EventLog, JobQueue, MetadataStore, PortError},
    run::{BeginRun, Begun, FailDecision, FailRun, FinishOutcome, FinishRun, Run},
};
use photo_runtime::failpoint::Failpoint;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    lease::{Kept, Lease, Over},
    metrics::WorkerMetrics,
    outcome::{Made, Unmade},
    progress::Progress,
    run_files::{StoredOriginal, remove_outputs, store_outputs},
    slot::Slots,
    stage_run::{Outputs, StageRun, StagesEnded},
};

/// Wait before a job is tried again that could not even begin or end because storage is away.
const STORAGE_AWAY_WAIT: Duration = Duration::from_secs(2);

/// A worker of one pipeline: what its runs need.
pub struct Worker {
    /// Its name in logs and in the queue.
    pub name: String,
    /// Whose jobs it takes.
    pub pipeline: PipelineName,
    /// What it does with each photo, validated.
    pub spec: Arc<PipelineSpec>,
    /// Where the stages of photos run.
    pub slots: Slots,
    /// Where jobs come from.
    pub queue: Arc<dyn JobQueue>,
    /// Where progress is told.
    pub events: Arc<dyn EventLog>,
    /// Where originals are read and outputs are stored.
    pub blobs: Arc<dyn BlobStore>,
    /// Where runs begin and end.
    pub store: Arc<dyn MetadataStore>,
    /// What is counted; workers of one process share it.
    pub metrics: WorkerMetrics,
    /// The time of progress events.
    pub clock: Clock,
}

/// What the queue is told at the end of a job.
enum Acknowledgement {
    Complete,
    Fail(String),
    Delay(Duration),
    Release,
    /// The lease is lost: the job is not ours to speak of.
    Nothing,
}

impl Worker {
    /// Takes a job to its end.
    pub(crate) async fn take(&self, claim: Claim, hand_back: CancellationToken) {
        let started = Instant::now();
        self.metrics.active.inc();
        let trace = claim.job.as_ref().map_or("none", |job| job.traceparent.trace_id()).to_owned();
        let span = tracing::info_span!("job", job = claim.job_id, trace_id = trace);
        async {
            let (outcome, acknowledgement) = self.work(&claim, &hand_back).await;
            if let Err(error) = self.acknowledge(&claim, acknowledgement).await {
                tracing::warn!(
                    error = error.chain(),
                    "the queue was not told; the job comes again and ends at its beginning"
                );
            }
            let elapsed = started.elapsed();
            self.metrics.ended(outcome, elapsed);
            tracing::info!(outcome, milliseconds = elapsed.as_millis(), "job ended");
        }
        .instrument(span)
        .await;
        self.metrics.active.dec();
    }

    async fn work(&self, claim: &Claim, hand_back: &CancellationToken) -> (&'static str, Acknowledgement) {
        let job = match &claim.job {
            Ok(job) => job,
            Err(unreadable) => {
                tracing::warn!(%unreadable, "a job that is not ours is refused");
                return ("unreadable", Acknowledgement::Fail(unreadable.to_string()));
            }
        };
        let begun = match self.begin(job).await {
            Ok(begun) => begun,
            Err(error) => {
                tracing::warn!(error = error.chain(), "a run could not begin");
                return ("deferred", Acknowledgement::Delay(STORAGE_AWAY_WAIT));
            }
        };
        match begun {
            Begun::Run(run) => {
                Failpoint::WorkerBegun.pass();
                self.run(claim, &run, hand_back).await
            }
            Begun::Finished => ("finished before", Acknowledgement::Complete),
            Begun::Superseded => ("superseded", Acknowledgement::Complete),
            Begun::Deleting => ("deleting", Acknowledgement::Complete),
            Begun::Cancelled => ("cancelled", Acknowledgement::Complete),
            Begun::Dead => ("dead", Acknowledgement::Fail("too many deliveries without an outcome".to_owned())),
        }
    }

    async fn begin(&self, job: &Job) -> Result<Begun, PortError> {
        let request = BeginRun {
            photo_id: job.photo_id,
            pipeline: job.pipeline.clone(),
            generation: job.generation,
            worker: self.name.clone(),
        };
        self.store.begin(&request).await
    }

    /// Works on a run and ends it in the metadata store.
    async fn run(&self, claim: &Claim, run: &Run, hand_back: &CancellationToken) -> (&'static str, Acknowledgement) {
        let kept = Kept {
            queue: Arc::clone(&self.queue),
            store: Arc::clone(&self.store),
            claim: claim.clone(),
            run: run.clone(),
        };
        let mut lease = Lease::keep(kept);
        // Dropping what is being made kills its slot: nothing works for nobody.
        let made = tokio::select! {
            made = self.make(run) => made,
            over = lease.over() => Err(Unmade::Over(over)),
            () = hand_back.cancelled() => Err(Unmade::HandedBack),
        };
        match made {
            Ok(made) => self.finish(run, made).await,
            Err(Unmade::Failed { class, failure, stage_log }) => {
                remove_outputs(&*self.blobs, run).await;
                let request = FailRun { photo_id: run.photo_id, run_id: run.id, class, failure, stage_log };
                self.fail(request).await
            }
            Err(Unmade::Over(Over::LeaseLost)) => ("lease lost", Acknowledgement::Nothing),
            Err(Unmade::Over(Over::Fenced)) => {
                remove_outputs(&*self.blobs, run).await;
                ("fenced", Acknowledgement::Complete)
            }
            Err(Unmade::HandedBack) => {
                self.give_up(run).await;
                ("handed back", Acknowledgement::Release)
            }
        }
    }

    /// Reads, processes and stores; changes nothing that anybody sees.
    async fn make(&self, run: &Run) -> Result<Made, Unmade> {
        let original = StoredOriginal { blobs: &*self.blobs, original: &run.original };
        let (progress, telling) =
            Progress::of(run, self.spec.stages.len(), Arc::clone(&self.events), self.clock.clone());
        let stages = StageRun { spec: Arc::clone(&self.spec), original: &original, progress };
        let StagesEnded { outputs, stage_log } = stages.run(&self.slots).await;
        let stored = match outputs {
            Ok(outputs) => {
                let Outputs { dimensions, metadata, variants } = outputs;
                let variants = store_outputs(&*self.blobs, run, variants).await;
                let variants = variants.map_err(|error| Unmade::from_port(&error, "storing the outputs"));
                variants.map(|variants| Made { dimensions, metadata, variants, stage_log })
            }
            Err((class, failure)) => Err(Unmade::Failed { class, failure, stage_log }),
        };
        telling.end().await;
        stored
    }

    async fn finish(&self, run: &Run, made: Made) -> (&'static str, Acknowledgement) {
        let Made { dimensions, metadata, variants, stage_log } = made;
        let request = FinishRun { photo_id: run.photo_id, run_id: run.id, dimensions, metadata, variants, stage_log };
        Failpoint::WorkerStored.pass();
        let finished = self.store.finish(&request).await;
        Failpoint::WorkerFinished.pass();
        match finished {
            Ok(FinishOutcome::Applied) => ("completed", Acknowledgement::Complete),
            Ok(FinishOutcome::Rejected) => {
                remove_outputs(&*self.blobs, run).await;
                ("rejected", Acknowledgement::Complete)
            }
            // It may have been applied: nothing may be removed. The next delivery learns it from `begin`.
            Err(error) => {
                tracing::warn!(error = error.chain(), "the end of a run is not certain");
                ("uncertain", Acknowledgement::Delay(STORAGE_AWAY_WAIT))
            }
        }
    }

    async fn fail(&self, request: FailRun) -> (&'static str, Acknowledgement) {
        match self.store.fail(&request).await {
            Ok(FailDecision::RetryIn { milliseconds }) => {
                ("retried", Acknowledgement::Delay(Duration::from_millis(milliseconds)))
            }
            // This very run had finished the photo before, and the answer was lost.
            Ok(FailDecision::Final { status: PhotoStatus::Completed }) => ("completed", Acknowledgement::Complete),
            Ok(FailDecision::Final { .. }) => ("failed", Acknowledgement::Fail(request.failure.message)),
            Ok(FailDecision::Rejected) => ("rejected", Acknowledgement::Complete),
            Err(error) => {
                tracing::warn!(error = error.chain(), "a failure was not recorded");
                ("uncertain", Acknowledgement::Delay(STORAGE_AWAY_WAIT))
            }
        }
    }

    /// Ends the run of a stopping worker as one that was nobody's fault, so that restarts don't add up to poison.
    async fn give_up(&self, run: &Run) {
        remove_outputs(&*self.blobs, run).await;
        let failure =
            Failure::new(FailureCode::ProcessingFailed, "The server is restarting; the photo is tried again.");
        let class = ErrorClass::Temporary;
        let request = FailRun { photo_id: run.photo_id, run_id: run.id, class, failure, stage_log: Vec::new() };
        if let Err(error) = self.store.fail(&request).await {
            tracing::warn!(error = error.chain(), "a run that is handed back counts as one without an outcome");
        }
    }

    async fn acknowledge(&self, claim: &Claim, acknowledgement: Acknowledgement) -> Result<(), PortError> {
        match acknowledgement {
            Acknowledgement::Complete => self.queue.complete(claim).await,
            Acknowledgement::Fail(reason) => self.queue.fail(claim, &reason).await,
            Acknowledgement::Delay(wait) => self.queue.delay(claim, wait).await,
            Acknowledgement::Release => self.queue.release(claim).await,
            Acknowledgement::Nothing => Ok(()),
        }
    }
}
