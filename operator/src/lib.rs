//! The operator: two kinds of custom resource become a running platform, and stay so.

pub mod api;
mod apply;
mod cache;
pub mod children;
mod cluster;
mod component_state;
mod conditions;
mod config;
mod context;
mod data_plane;
pub mod labels;
pub mod leadership;
mod metrics;
pub mod names;
mod pipeline;
mod platform;
mod report;
mod run;
pub mod settings;
mod stall;
mod watch;

pub use run::{RunConfig, run};
