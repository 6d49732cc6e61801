//! From an upload's bytes to pixels: its header first, its pixels once.
//!
//! JPEG goes through libjpeg-turbo, which tells when a file is incomplete; the other formats through `image`.

mod form;
mod general;
mod jpeg;
mod orientation;

use image::{RgbImage, metadata::Orientation};
use photo_core::{
    image_format::{ImageFormat, RefusedFormat},
    photo::Dimensions,
};

pub(crate) use form::{Channels, PixelForm, pixel_form};
pub(crate) use general::{decoder, picture};

use crate::{failure::Fault, inks::Inks, planes::Planes, srgb, turn};

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
    /// In sRGB, without alpha.
    pub(crate) picture: Planes,
    /// The photo's own pixels, lying the same way.
    pub(crate) whole: Dimensions,
    /// Decoded pixels for each of the photo's own: 1, or less where the decoder already reduced the picture.
    pub(crate) scale: f64,
    /// How they are to be turned.
    pub(crate) orientation: Orientation,
    /// The same pixels with the colours that each of them has, where they were asked for.
    pub(crate) exact: Option<RgbImage>,
}

/// How pixels are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// A JPEG is reduced to so many eighths of its sides while it is decoded.
    pub(crate) eighths: u8,
    /// Whether the colours of each pixel are kept, in 3 bytes, beside planes of 1.5 bytes for each.
    pub(crate) is_exact: bool,
}

/// Reads the header and no pixel.
pub(crate) fn header(original: &[u8]) -> Result<Header, Fault> {
    let format =
        ImageFormat::sniff(original).ok_or_else(|| Fault::NotAPhoto { known: RefusedFormat::sniff(original) })?;
    let stored = match format {
        ImageFormat::Jpeg => jpeg::dimensions(original)?,
        ImageFormat::Png | ImageFormat::Gif | ImageFormat::Webp | ImageFormat::Bmp => {
            general::dimensions(original, format)?
        }
    };
    Ok(Header { format, stored, orientation: orientation::read(original, format) })
}

/// Pixels as a decoder gives them.
#[derive(Debug)]
enum Pixels {
    /// As a JPEG holds them: nothing is converted there and back.
    Planes(Planes),
    Rgb(RgbImage),
    Inks(Inks),
}

/// Reads every pixel; an incomplete file is an error.
pub(crate) fn decoded(original: &[u8], header: &Header, reading: Reading) -> Result<Decoded, Fault> {
    let Reading { eighths, is_exact } = reading;
    let Header { stored: whole, orientation, format } = *header;
    let profile = srgb::other_than(original, format);
    let is_turned_by_pixels = header.is_turned_by_pixels();
    let must_be_rgb = profile.is_some() || is_turned_by_pixels || is_exact;
    let (pixels, scale) = match format {
        ImageFormat::Jpeg => jpeg::pixels(original, eighths, must_be_rgb)?,
        ImageFormat::Png | ImageFormat::Gif | ImageFormat::Webp | ImageFormat::Bmp => {
            (Pixels::Rgb(general::pixels(original, format, whole)?), 1.0)
        }
    };
    let pixels = match (pixels, profile) {
        (Pixels::Planes(picture), _) => return Ok(Decoded { picture, whole, scale, orientation, exact: None }),
        (Pixels::Inks(inks), profile) => inks.to_rgb(profile.as_deref())?,
        (Pixels::Rgb(pixels), Some(profile)) => srgb::converted(pixels, &profile),
        (Pixels::Rgb(pixels), None) => pixels,
    };
    let (pixels, whole, orientation) = if is_turned_by_pixels {
        (turn::turned(pixels, orientation), header.shown(), Orientation::NoTransforms)
    } else {
        (pixels, whole, orientation)
    };
    let picture = Planes::of_rgb(&pixels)?;
    Ok(Decoded { picture, whole, scale, orientation, exact: is_exact.then_some(pixels) })
}

impl Header {
    /// Whether turning planes would not do: the colours of an odd side's last row or column belong to one pixel instead of
    /// two, and would lie half a pixel off.
    fn is_turned_by_pixels(&self) -> bool {
        let Dimensions { width, height } = self.stored;
        self.orientation != Orientation::NoTransforms && !(width.is_multiple_of(2) && height.is_multiple_of(2))
    }

    /// The photo's pixels as it is shown.
    pub(crate) fn shown(&self) -> Dimensions {
        turn::shown(self.stored, self.orientation)
    }
}

impl Decoded {
    /// The same pixels as the photo is shown.
    pub(crate) fn turned_upright(self) -> Self {
        let Self { picture, whole, scale, orientation, exact } = self;
        Self {
            picture: picture.turned(orientation),
            whole: turn::shown(whole, orientation),
            scale,
            orientation: Orientation::NoTransforms,
            exact: exact.map(|pixels| turn::turned(pixels, orientation)),
        }
    }
}

#[cfg(test)]
mod tests;
