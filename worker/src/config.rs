//! The configuration of a worker: environment variables, and the pipeline's spec in a file.

use std::path::PathBuf;

use anyhow::Context;
use photo_adapters::{http::StorageConfig, redis::RedisConfig, s3::S3Config};
use photo_core::pipeline::{PipelineName, PipelineSpec};
use photo_runtime::{failpoint::FailpointConfig, listener::ListenConfig, telemetry::LogConfig};

/// Settings of `photo-worker run`.
#[derive(Debug, clap::Args)]
pub struct WorkerConfig {
    /// The pipeline whose jobs are taken.
    #[arg(long, env = "PIPELINE_NAME")]
    pub(crate) pipeline_name: PipelineName,
    /// YAML file with the `spec` of the `ProcessingPipeline`.
    #[arg(long, env = "PIPELINE_FILE")]
    pipeline_file: PathBuf,
    /// Folder of the images that the pipeline's watermarks name: the file of each is `NAME/KEY` of its ConfigMap. They are
    /// read once, at the start.
    #[arg(long, env = "WATERMARK_FOLDER")]
    pub(crate) watermark_folder: Option<PathBuf>,
    /// The worker's name in logs and in the queue; the pod's name in a cluster.
    #[arg(long, env = "WORKER_NAME", default_value = "worker")]
    pub(crate) worker_name: String,
    /// Memory of each process that runs the stages of a photo, in MiB of address space. A photo that needs more fails
    /// alone. Where it is not set: an equal share of the container's memory limit, less 64 MiB; 1536 without a limit.
    #[arg(long, env = "SLOT_MEMORY_MIB")]
    pub(crate) slot_memory_mib: Option<u64>,
    #[command(flatten)]
    pub(crate) redis: RedisConfig,
    #[command(flatten)]
    pub(crate) store: S3Config,
    #[command(flatten)]
    pub(crate) storage: StorageConfig,
    #[command(flatten)]
    pub(crate) listen: ListenConfig,
    #[command(flatten)]
    pub(crate) log: LogConfig,
    #[command(flatten)]
    pub(crate) failpoint: FailpointConfig,
}

impl WorkerConfig {
    /// The pipeline's stages, checked.
    pub(crate) fn pipeline(&self) -> anyhow::Result<PipelineSpec> {
        let path = self.pipeline_file.display();
        let text = std::fs::read_to_string(&self.pipeline_file)
            .with_context(|| format!("PIPELINE_FILE: can't read {path}"))?;
        let spec: PipelineSpec =
            serde_saphyr::from_str(&text).with_context(|| format!("PIPELINE_FILE: {path} is not a pipeline's spec"))?;
        spec.validate().with_context(|| format!("PIPELINE_FILE: {path}"))?;
        photo_stages::check_texts(&spec).with_context(|| format!("PIPELINE_FILE: {path}"))?;
        Ok(spec)
    }
}
