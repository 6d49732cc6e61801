//! The operator: two kinds of custom resource become a running platform, and stay so.

pub mod amount;
pub mod api;
mod apply;
mod cache;
pub mod children;
mod cluster;
mod component_state;
mod conditions;
pub mod config;
mod context;
mod data_plane;
mod demand;
mod digest;
pub mod edges;
pub mod exposure;
pub mod labels;
pub mod leadership;
mod metrics;
pub mod monitoring;
pub mod names;
pub mod network_policy;
pub mod pipeline;
pub mod platform;
pub mod pod;
mod report;
mod run;
mod scaled;
mod scaler;
pub mod scaling;
mod scalings;
pub mod secrets;
pub mod settings;
mod stall;
mod watch;
pub mod workload;

pub use run::{RunConfig, run};
