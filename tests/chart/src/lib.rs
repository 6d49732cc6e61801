//! Runs real Helm, of both versions that people have, on the operator's chart.

pub mod helm;
pub mod manifest;
pub mod repository;
