//! A real Kubernetes for tests, as much of it as a test needs.

pub mod api_server;
pub mod forward;
pub mod helm;
pub mod kubectl;
pub mod program;
