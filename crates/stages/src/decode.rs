//! From an upload's bytes to pixels: its header first, its pixels once.
//!
//! JPEG goes through libjpeg-turbo, which tells when a file is incomplete; the other formats through `image`.

mod form;
mod general;
mod jpeg;
mod orientation;

use image::{RgbImage, metadata::Orientation};
use photo_core::{image_format::ImageFormat, photo::Dimensions};

pub(crate) use form::{Channels, PixelForm, pixel_form};
pub(crate) use general::decoder;

use crate::{failure::Fault, turn};

/// What an upload says about itself before its pixels are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Its format, by its first bytes.
    pub(crate) format: ImageFormat,
    /// Its pixels as they are stored.
    pub(crate) stored: Dimensions,
    /// How they are to be turned.
    pub(crate) orientation: Orientation,
}

/// The decoded pixels as they lie: at first as they were stored, because turning small outputs is cheaper than turning
/// the photo.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// sRGB is assumed; without alpha.
    pub(crate) pixels: RgbImage,
    /// The photo's own pixels, lying the same way.
    pub(crate) whole: Dimensions,
    /// Decoded pixels for each of the photo's own: 1, or less where the decoder already reduced the picture.
    pub(crate) scale: f64,
    /// How they are to be turned.
    pub(crate) orientation: Orientation,
}

/// Reads the header and no pixel.
pub(crate) fn header(original: &[u8]) -> Result<Header, Fault> {
    let format = ImageFormat::sniff(original).ok_or(Fault::NotAPhoto)?;
    let stored = match format {
        ImageFormat::Jpeg => jpeg::dimensions(original)?,
        ImageFormat::Png | ImageFormat::Gif | ImageFormat::Webp | ImageFormat::Bmp => {
            general::dimensions(original, format)?
        }
    };
    Ok(Header { format, stored, orientation: orientation::read(original, format) })
}

/// Reads every pixel; an incomplete file is an error. JPEG is reduced to `eighths` of its sides while it is decoded.
pub(crate) fn pixels(original: &[u8], header: &Header, eighths: u8) -> Result<Decoded, Fault> {
    let Header { format, stored, orientation } = *header;
    let (pixels, scale) = match format {
        ImageFormat::Jpeg => jpeg::pixels(original, eighths)?,
        ImageFormat::Png | ImageFormat::Gif | ImageFormat::Webp | ImageFormat::Bmp => {
            (general::pixels(original, format, stored)?, 1.0)
        }
    };
    Ok(Decoded { pixels, whole: stored, scale, orientation })
}

impl Header {
    /// The photo's pixels as it is shown.
    pub(crate) fn shown(&self) -> Dimensions {
        turn::shown(self.stored, self.orientation)
    }
}

impl Decoded {
    /// The same pixels as the photo is shown.
    pub(crate) fn turned_upright(self) -> Self {
        let Self { pixels, whole, scale, orientation } = self;
        Self {
            pixels: turn::turned(pixels, orientation),
            whole: turn::shown(whole, orientation),
            scale,
            orientation: Orientation::NoTransforms,
        }
    }
}

#[cfg(test)]
mod tests;
