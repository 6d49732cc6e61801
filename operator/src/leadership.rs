//! One operator acts at a time: whoever holds the Lease, until shortly before it may have passed to another.

mod gate;
mod lease;

pub use gate::{Gate, NotLeading};
pub use lease::{Election, LeaseTimes};
