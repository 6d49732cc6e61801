//! Slots: processes in which the stages of one photo at a time run, so that a photo that aborts, hangs or eats memory
//! ends alone.
//!
//! [`Slots`] is the parent's side and [`serve()`] the child's; they speak in frames over the child's stdin and stdout.

mod child;
mod command;
mod confine;
mod course;
mod follow;
mod frame;
mod memory;
mod message;
mod pool;
mod said;
mod serve;
mod setup;
mod spawner;

pub use child::SlotStartError;
pub use command::SlotCommand;
pub use follow::Tell;
pub use memory::{InvalidSlotMemory, SlotMemory};
pub use pool::{Slots, StagesError};
pub use serve::serve;
pub use setup::MarkFile;
