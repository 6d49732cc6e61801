//! Starts the platform's real processes on loopback, for the demo, the tests and the benches.
//!
//! Everything it starts dies with the process that asked for it, also when that one is killed.

pub mod minio_server;
pub mod ports;
pub mod process;
pub mod redis_server;
