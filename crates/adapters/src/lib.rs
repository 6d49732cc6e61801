//! The only crate that knows a driver: the ports of `photo-core` on Redis, S3, SQLite and HTTP, and signed tokens.

pub mod hs256;
pub mod http;
pub mod redis;
pub mod s3;
pub mod service_token;
pub mod sqlite;
