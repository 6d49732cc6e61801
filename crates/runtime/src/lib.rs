//! What every process of the platform does alike: secrets from files, logs, health, metrics, listening and stopping.
//!
//! It knows nothing of photos, and no driver (of the core only how ports fail): what a role depends on reaches it as a named [`health::Check`].

pub mod disk;
pub mod failpoint;
pub mod guard;
pub mod health;
pub mod listener;
pub mod probe;
pub mod secret;
pub mod shutdown;
pub mod telemetry;
