//! Redis behind two ports: the job queue (BullMQ's keys and scripts) and the event log (one capped stream).
//!
//! Redis holds nothing that the metadata store can't rebuild. Its life is named by the key `<prefix>epoch`: where the
//! name changes, everything that was here is gone.

pub mod acl;
mod blocking;
pub mod connection;
mod epoch;
pub mod event_log;
mod failure;
pub mod job_queue;
mod limits;
mod links;

pub use acl::{RedisRole, acl_rules};
pub use connection::{InvalidRedisConfig, RedisConfig, RedisEndpoint};
pub use event_log::{LogSettings, RedisEventLog};
pub use job_queue::{BullQueue, BullSettings};
