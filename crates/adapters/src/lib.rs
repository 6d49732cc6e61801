//! The only crate that knows a driver: the ports of `photo-core` on Redis, S3, SQLite and HTTP, and signed tokens.

pub mod s3;
