//! What the stages of a pipeline do to a photo: bytes in, bytes out.
//!
//! No async, no I/O and no clock. Everything that an upload can contain ends in outputs or in a [`StageFailure`]
//! with a sentence for the photo's owner; a decoder's panic is caught, a decoder's memory is bounded beforehand.

mod check;
mod container;
mod decode;
mod encode;
mod exif_block;
mod failure;
mod geometry;
mod icc;
mod inks;
mod limits;
mod mark;
mod metadata;
mod optimization;
mod output;
mod picture;
mod pixels;
mod plain_text;
mod plan;
mod planes;
mod preserved_exif;
mod run;
mod source;
mod srgb;
mod thumbnails;
mod turn;
mod update;
mod watermark;

#[cfg(test)]
mod samples;

pub use check::{Unfit, check};
pub use failure::StageFailure;
pub use geometry::thumbnail_dimensions;
pub use output::Output;
pub use run::run;
pub use update::{EndedStage, StageUpdate};
pub use watermark::{Marks, UnshownText, UnusableImage};
