//! The words of the photo platform: photos, pipelines, jobs, events, the names of everything that is stored,
//! the four ports through which the roles reach the world, the laws that every adapter of a port passes, and the
//! adapters that need no driver because they are memory.
//!
//! No driver, no Kubernetes, no image codec: this crate compiles without any of them.

pub mod backoff;
pub mod blob_key;
pub mod circuit;
pub mod client_ref;
pub mod clock;
pub mod consistency;
#[cfg(feature = "contract")]
pub mod contract;
pub mod dead_letter;
pub mod error_class;
pub mod event;
pub mod failure;
pub mod id;
pub mod idempotency;
pub mod image_format;
pub mod job;
pub mod media_type;
pub mod memory;
pub mod offset;
pub mod photo;
pub mod photo_metadata;
pub mod pipeline;
pub mod platform;
pub mod port;
pub mod priority;
pub mod processing_log;
pub mod room;
pub mod run;
pub mod trace;
pub mod upload_format;
