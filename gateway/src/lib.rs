//! The gateway's three roles, each a function of its ports: the same code is a process per role in a cluster and a part
//! of one process elsewhere.
//!
//! A role has `Parts`, which are its ports and settings as values, and `run`, which makes them from the environment.
//! No role knows another; who composes them hands each what it needs.

pub mod api;
pub mod events;
mod metrics;
mod problem;
mod request_id;
mod role;
pub mod storage;
mod tasks;
pub mod token_command;
pub mod user_token;

pub use tasks::Tasks;
