//! How a photo is to be turned, by its EXIF orientation: a hint that is read leniently and never trusted beyond 1 to 8.

use exif::{Exif, In, Tag};
use image::{ImageDecoder, metadata::Orientation};
use photo_core::upload_format::UploadFormat;

use super::general;
use crate::{
    exif_block::{self, ExifBlock},
    limits,
};

/// The orientation, or none to apply where the photo has none that makes sense.
pub(super) fn read(original: &[u8], format: UploadFormat) -> Orientation {
    let second_opinion = || by_decoder(original, format).unwrap_or(Orientation::NoTransforms);
    match exif_block::read(original, format) {
        ExifBlock::Read(exif) => told(&exif).unwrap_or_else(second_opinion),
        ExifBlock::Unreadable => second_opinion(),
        ExifBlock::Absent => Orientation::NoTransforms,
    }
}

fn told(exif: &Exif) -> Option<Orientation> {
    let value = exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)?;
    Orientation::from_exif(u8::try_from(value).ok()?)
}

/// The second opinion, of the `image` crate.
fn by_decoder(original: &[u8], format: UploadFormat) -> Option<Orientation> {
    general::decoder(original, format, limits::for_header()).ok()?.orientation().ok()
}
