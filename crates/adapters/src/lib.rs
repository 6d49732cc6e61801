//! The only crate that knows a driver: each module puts one of them behind a port of photo-core.

pub mod http;
pub mod service_token;
pub mod sqlite;
