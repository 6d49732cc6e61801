//! What every slot of a pool is started with.

use photo_core::pipeline::ConfigMapKeyRef;

use super::{
    command::SlotCommand,
    frame::{self, FrameError},
    memory::SlotMemory,
    message::Order,
};

/// The file of an image that a pipeline lays onto pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkFile {
    /// Which one.
    pub image: ConfigMapKeyRef,
    /// The file, as it is; a slot reads it.
    pub bytes: Vec<u8>,
}

/// What every slot of a pool is started with, also the one that takes another's place.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) command: SlotCommand,
    pub(super) memory: SlotMemory,
    pub(super) marks: Vec<MarkFile>,
}

impl Setup {
    /// What a slot reads before it is ready: how it is confined, and then the images.
    pub(super) fn orders(&self) -> Result<Vec<u8>, FrameError> {
        let confine = Order::Confine { address_space: self.memory.bytes(), marks: self.marks.len() };
        let mut orders = frame::head(&confine, 0)?;
        for MarkFile { image, bytes } in &self.marks {
            orders.extend(frame::head(&Order::Mark { image: image.clone() }, bytes.len())?);
            orders.extend(bytes);
        }
        Ok(orders)
    }
}
