//! The worker as a value of its ports: the same code is a process per pipeline in a cluster and a part of one process
//! elsewhere.
//!
//! A [`Worker`] knows how to take a job to its end; a [`Consumer`] feeds it jobs until it is told to stop.

mod config;
mod consumer;
mod lease;
mod mark_files;
mod metrics;
mod outcome;
mod process;
mod progress;
mod run_files;
pub mod slot;
mod stage_run;
mod start;

pub use config::WorkerConfig;
pub use consumer::Consumer;
pub use metrics::WorkerMetrics;
pub use process::Worker;
pub use start::run;
