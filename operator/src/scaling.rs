//! How many workers a pipeline needs: a pure function from what was seen to what should be. [`decide_by_connections()`] is a
//! smaller one for the events role.
//!
//! [`decide()`] is asked once per poll period. It knows no clock, no randomness and no I/O, and answers whatever it is
//! shown. What it remembers is [`State`], which its caller keeps; losing it costs some seconds of caution and no job.
//!
//! It plans by rates and backlog, by how long jobs were seen to take, and by how long pods take to start; it goes up in one
//! step and comes down slowly, and where the queue can't be seen it never comes down.

mod confidence;
mod connections;
mod cpu;
mod decide;
mod decision;
mod demand;
mod guards;
mod job_time;
pub mod lines;
mod observation;
mod policy;
mod rates;
mod sample;
mod state;
mod whole;
mod window;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod scene;

pub use connections::{ConnectionPolicy, ConnectionState, decide_by_connections};
pub use decide::decide;
pub use decision::{Decision, Impact, Reason};
pub use observation::{Counters, Observation, Pods, QueueSample, Utilization};
pub use policy::{Fallback, Policy, PolicyFields, PolicyRefused};
pub use state::State;
