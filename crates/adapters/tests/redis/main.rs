//! What the laws of the ports can't ask of every adapter: what ours do when Redis loses data, hangs or holds what
//! others wrote. Each test has a Redis of its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own functions end it as its body does")]

mod clocks;
mod fixture;
mod log;
mod queue;
mod snapshot;
