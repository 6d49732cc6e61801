//! Where a file of each format carries an EXIF block.

use img_parts::{Bytes, ImageEXIF, jpeg::Jpeg, png::Png, webp::WebP};
use photo_core::pipeline::OutputFormat;

use crate::failure::Fault;

/// The file with that EXIF block, which fits into a JPEG's segment.
pub(crate) fn with_exif(file: Vec<u8>, format: OutputFormat, block: Vec<u8>) -> Result<Vec<u8>, Fault> {
    let (file, block) = (Bytes::from(file), Some(Bytes::from(block)));
    let carrying = match format {
        OutputFormat::Jpeg => Jpeg::from_bytes(file).map(|mut jpeg| {
            jpeg.set_exif(block);
            jpeg.encoder().bytes()
        }),
        OutputFormat::WebP => WebP::from_bytes(file).map(|mut webp| {
            webp.set_exif(block);
            webp.encoder().bytes()
        }),
        OutputFormat::Png => Png::from_bytes(file).map(|mut png| {
            png.set_exif(block);
            png.encoder().bytes()
        }),
    };
    let carrying = carrying.map_err(|error| Fault::NotMade { detail: error.to_string() })?;
    Ok(carrying.into())
}
