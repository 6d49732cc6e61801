//! Where a file of each format carries an EXIF block. What has to be known before the file is written, as in AVIF, is not here.

use img_parts::{Bytes, Error, ImageEXIF, jpeg::Jpeg, png::Png, webp::WebP};

use crate::failure::Fault;

/// The JPEG with that block, which fits into a segment.
pub(super) fn jpeg(file: Vec<u8>, block: Option<Vec<u8>>) -> Result<Vec<u8>, Fault> {
    with(file, block, Jpeg::from_bytes, |jpeg| jpeg.encoder().bytes())
}

/// The WebP with that block.
pub(super) fn webp(file: Vec<u8>, block: Option<Vec<u8>>) -> Result<Vec<u8>, Fault> {
    with(file, block, WebP::from_bytes, |webp| webp.encoder().bytes())
}

/// The PNG with that block.
pub(super) fn png(file: Vec<u8>, block: Option<Vec<u8>>) -> Result<Vec<u8>, Fault> {
    with(file, block, Png::from_bytes, |png| png.encoder().bytes())
}

/// Reads the file, sets its block and writes it, where there is one.
fn with<F: ImageEXIF>(
    file: Vec<u8>,
    block: Option<Vec<u8>>,
    read: impl FnOnce(Bytes) -> Result<F, Error>,
    write: impl FnOnce(F) -> Bytes,
) -> Result<Vec<u8>, Fault> {
    let Some(block) = block else { return Ok(file) };
    let mut parts = read(Bytes::from(file)).map_err(|error| Fault::NotMade { detail: error.to_string() })?;
    parts.set_exif(Some(Bytes::from(block)));
    Ok(write(parts).into())
}
