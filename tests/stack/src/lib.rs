//! Starts the platform's real processes on loopback, for the demo, the tests and the benches.
//!
//! Everything it starts dies with the process that asked for it, also when that one is killed.

pub mod figures;
pub mod keys;
pub mod live;
pub mod local;
pub mod minio_server;
pub mod photos;
pub mod platform;
pub mod ports;
pub mod process;
pub mod redis_server;
pub mod reply_cutter;
pub mod role;
pub mod stack;
pub mod store_judge;

pub use platform::Platform;
pub use stack::{Stack, StackOptions};
