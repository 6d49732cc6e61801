//! The operator: two kinds of custom resource become a running platform, and stay so.

pub mod api;
pub mod children;
pub mod edges;
pub mod exposure;
pub mod labels;
pub mod monitoring;
pub mod names;
pub mod network_policy;
pub mod settings;
