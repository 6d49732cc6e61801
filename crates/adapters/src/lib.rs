//! The adapters of photo-core's ports. The only crate that knows a driver.

pub mod redis;
