//! The list of work. It can be rebuilt from the metadata store at any time, so nothing is lost with it.

use std::time::Duration;

use async_trait::async_trait;

use super::PortError;
use crate::{
    job::{Claim, Job, JobId, QueueCounts, QueueSnapshot},
    pipeline::PipelineName,
};

/// How long who owns the queues may be silent. Nothing is told when a platform is gone for good, so a claim must end by
/// itself; a storage role asks at least once a second.
pub const OWNED_FOR: Duration = Duration::from_mins(1);

/// A queue per pipeline, with leases.
///
/// Promises: an enqueued job is delivered at least once, also when its worker dies; while a claim is extended in
/// time nobody else is given its job; a queue by itself never ends a job. Jobs of one pipeline come by
/// [`Job::priority`], lower numbers first, and within one priority in the order in which they were enqueued, those that
/// come back apart.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Adds a job. A job with this id that waits or runs already is left alone; one that has ended is replaced.
    async fn enqueue(&self, job: &Job) -> Result<(), PortError>;

    /// Takes the next job, waiting up to `wait` for one. A claim lasts for the adapter's lease.
    ///
    /// Not cancel-safe: a job that was taken while the call was dropped is delivered again after the lease.
    async fn claim(&self, pipeline: &PipelineName, wait: Duration) -> Result<Option<Claim>, PortError>;

    /// Starts the lease anew.
    ///
    /// # Errors
    /// `Conflict` where the lease was lost: the run must stop.
    async fn extend(&self, claim: &Claim) -> Result<(), PortError>;

    /// Ends the job well. `Conflict` where the lease was lost.
    async fn complete(&self, claim: &Claim) -> Result<(), PortError>;

    /// Ends the job badly, with a reason for those who look at the queue. `Conflict` where the lease was lost.
    async fn fail(&self, claim: &Claim, reason: &str) -> Result<(), PortError>;

    /// Hands the job back, due after `wait`. `Conflict` where the lease was lost.
    async fn delay(&self, claim: &Claim, wait: Duration) -> Result<(), PortError>;

    /// Hands the job back, due now. `Conflict` where the lease was lost.
    async fn release(&self, claim: &Claim) -> Result<(), PortError>;

    /// Those of `jobs` that nobody will be given any more: the queue does not hold them, or somebody has ended them. For
    /// whoever knows that they are still to be done.
    async fn lost(&self, jobs: &[Job]) -> Result<Vec<Job>, PortError>;

    /// Removes a job that nobody has taken; one that is not there or is taken is left alone.
    async fn remove(&self, pipeline: &PipelineName, job: &JobId) -> Result<(), PortError>;

    /// From now on no job of a pipeline is given out, until it is resumed; those that are taken go on. A queue that
    /// loses its jobs may lose this too. Paused already, it stays so.
    async fn pause(&self, pipeline: &PipelineName) -> Result<(), PortError>;

    /// Gives out jobs again; those who wait for one get it. A queue that was not paused stays as it is.
    async fn resume(&self, pipeline: &PipelineName) -> Result<(), PortError>;

    /// The numbers of a queue, read at one moment. A delayed job may count as such until somebody asks for a job.
    async fn counts(&self, pipeline: &PipelineName) -> Result<QueueCounts, PortError>;

    /// The numbers of several queues, read at one moment. Unlike in `counts`, a delayed job is ready as soon as it is due
    /// by the queue's clock, whether anybody asks for jobs or not: who starts workers for it reads this. An
    /// adapter may bound how many active jobs it looks at for the names of their workers.
    async fn snapshot(&self, pipelines: &[PipelineName]) -> Result<QueueSnapshot, PortError>;

    /// The name of the queue's present life; another one than before means that its jobs were lost. Who asks owns all
    /// queues of this place from then on, for at least [`OWNED_FOR`] after it asked last.
    ///
    /// # Errors
    /// `Conflict` where another than `owner` owns them: its jobs would be given to workers who don't know their photos.
    async fn epoch(&self, owner: &str) -> Result<String, PortError>;

    /// Whether the queue answers.
    async fn ready(&self) -> Result<(), PortError>;
}
