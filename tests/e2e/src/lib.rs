//! A real Kubernetes for tests, as much of it as a test needs, and the real operator on it.

pub mod api_server;
pub mod audit;
pub mod contents;
pub mod data_plane;
pub mod fault_proxy;
pub mod forward;
pub mod helm;
pub mod kubectl;
pub mod kubelet;
mod loopback;
pub mod operator;
pub mod patience;
pub mod program;
