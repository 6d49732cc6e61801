//! The only crate that knows a driver: the ports of `photo-core` on Redis, S3, files, SQLite and HTTP, and signed
//! tokens.

mod download;
pub mod files;
pub mod hs256;
pub mod http;
pub mod redis;
pub mod s3;
pub mod service_token;
pub mod sqlite;
mod write_probe;
