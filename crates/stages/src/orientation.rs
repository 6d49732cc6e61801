//! How a photo is to be turned, by its EXIF orientation: a hint that is read leniently and never trusted beyond 1 to 8.

use std::io::Cursor;

use exif::{In, Reader, Tag};
use image::{ImageDecoder, metadata::Orientation};
use photo_core::image_format::ImageFormat;

use crate::{decode, limits};

/// The orientation, or none to apply where the photo has none that makes sense.
pub(crate) fn read(original: &[u8], format: ImageFormat) -> Orientation {
    match format {
        ImageFormat::Gif | ImageFormat::Bmp => Orientation::NoTransforms,
        ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Webp => match by_exif_reader(original) {
            Read::Found(orientation) => orientation,
            Read::Absent => Orientation::NoTransforms,
            Read::Unreadable => by_decoder(original, format).unwrap_or(Orientation::NoTransforms),
        },
    }
}

enum Read {
    Found(Orientation),
    Absent,
    Unreadable,
}

/// Many writers end their EXIF block wrongly; whatever comes before the error is still good.
fn by_exif_reader(original: &[u8]) -> Read {
    let read = Reader::new()
        .continue_on_error(true)
        .read_from_container(&mut Cursor::new(original))
        .or_else(|error| error.distill_partial_result(|_| ()));
    match read {
        Ok(exif) => {
            let value = exif.get_field(Tag::Orientation, In::PRIMARY).and_then(|field| field.value.get_uint(0));
            value
                .and_then(|value| u8::try_from(value).ok())
                .and_then(Orientation::from_exif)
                .map_or(Read::Unreadable, Read::Found)
        }
        Err(exif::Error::NotFound(_)) => Read::Absent,
        Err(_) => Read::Unreadable,
    }
}

/// The second opinion, of the `image` crate.
fn by_decoder(original: &[u8], format: ImageFormat) -> Option<Orientation> {
    decode::decoder(original, format, limits::for_header()).ok()?.orientation().ok()
}
