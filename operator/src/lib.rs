//! The operator: two kinds of custom resource become a running platform, and stay so.

pub mod amount;
pub mod api;
pub mod children;
pub mod config;
mod digest;
pub mod edges;
pub mod exposure;
pub mod labels;
pub mod monitoring;
pub mod names;
pub mod network_policy;
pub mod pipeline;
pub mod platform;
pub mod pod;
pub mod secrets;
pub mod settings;
pub mod workload;
