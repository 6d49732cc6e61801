//! From an upload's bytes to pixels: its header first, its pixels once.
//!
//! JPEG goes through libjpeg-turbo, which tells when a file is incomplete; the other formats through `image`.

mod general;
mod jpeg;

use image::{RgbImage, metadata::Orientation};
use photo_core::{image_format::ImageFormat, photo::Dimensions};

pub(crate) use general::decoder;

use crate::{failure::Fault, orientation};

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

/// The decoded pixels, still lying as they were stored: turning small outputs is cheaper than turning the photo.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// sRGB is assumed; without alpha.
    pub(crate) pixels: RgbImage,
    /// Decoded pixels for each stored pixel: 1, or less where the decoder already reduced the picture.
    pub(crate) scale: f64,
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
    match header.format {
        ImageFormat::Jpeg => jpeg::pixels(original, eighths),
        ImageFormat::Png | ImageFormat::Gif | ImageFormat::Webp | ImageFormat::Bmp => {
            let pixels = general::pixels(original, header.format, header.stored)?;
            Ok(Decoded { pixels, scale: 1.0 })
        }
    }
}

impl Header {
    /// Whether width and height change places when the photo is shown.
    pub(crate) fn is_turned(&self) -> bool {
        match self.orientation {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => true,
            Orientation::NoTransforms
            | Orientation::Rotate180
            | Orientation::FlipHorizontal
            | Orientation::FlipVertical => false,
        }
    }

    /// The photo's pixels as it is shown.
    pub(crate) fn shown(&self) -> Dimensions {
        let Dimensions { width, height } = self.stored;
        if self.is_turned() { Dimensions { width: height, height: width } } else { self.stored }
    }
}

#[cfg(test)]
mod tests;
