//! From an upload's bytes to pixels: its header first, its pixels once.
//!
//! JPEG goes through libjpeg-turbo, which tells when a file is incomplete; the other formats through `image`.

mod form;
mod general;
mod jpeg;
mod orientation;

use image::metadata::Orientation;
use photo_core::{
    photo::Dimensions,
    upload_format::{RefusedFormat, UploadFormat},
};

pub(crate) use form::{Channels, PixelForm, pixel_form};
#[cfg(test)]
pub(crate) use general::decoder;

use crate::{failure::Fault, inks::Inks, picture::Picture, pixels::Pixels, planes::Planes, srgb, turn};

/// What an upload says about itself before its pixels are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Its format, by its first bytes.
    pub(crate) format: UploadFormat,
    /// Its pixels as they are stored.
    pub(crate) stored: Dimensions,
    /// How they are to be turned.
    pub(crate) orientation: Orientation,
}

/// The decoded pixels as they lie: at first as they were stored, because turning small outputs is cheaper than turning
/// the photo.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// In sRGB.
    pub(crate) picture: Picture,
    /// The photo's own pixels, lying the same way.
    pub(crate) whole: Dimensions,
    /// Decoded pixels for each of the photo's own: 1, or less where the decoder already reduced the picture.
    pub(crate) scale: f64,
    /// How they are to be turned.
    pub(crate) orientation: Orientation,
    /// The same pixels with the colours that each of them has, where they were asked for.
    pub(crate) exact: Option<Pixels>,
}

/// How pixels are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// A JPEG is reduced to so many eighths of its sides while it is decoded.
    pub(crate) eighths: u8,
    /// Whether the colours of each pixel are kept, in 3 or 4 bytes, beside planes of 1.5 or 2.5 bytes for each.
    pub(crate) is_exact: bool,
}

/// Reads the header and no pixel.
pub(crate) fn header(original: &[u8]) -> Result<Header, Fault> {
    let format =
        UploadFormat::sniff(original).ok_or_else(|| Fault::NotAPhoto { known: RefusedFormat::sniff(original) })?;
    let stored = match format {
        UploadFormat::Jpeg => jpeg::dimensions(original)?,
        UploadFormat::Png | UploadFormat::Gif | UploadFormat::Webp | UploadFormat::Bmp => {
            general::dimensions(original, format)?
        }
    };
    Ok(Header { format, stored, orientation: orientation::read(original, format) })
}

/// A picture as a decoder gives it.
#[derive(Debug)]
enum Given {
    /// As a JPEG holds it: nothing is converted there and back.
    Planes(Planes),
    Pixels(Pixels),
    Inks(Inks),
}

/// Reads every pixel; an incomplete file is an error.
pub(crate) fn decoded(original: &[u8], header: &Header, reading: Reading) -> Result<Decoded, Fault> {
    let Reading { eighths, is_exact } = reading;
    let Header { stored: whole, orientation, format } = *header;
    let profile = srgb::other_than(original, format);
    let is_turned_by_pixels = header.is_turned_by_pixels();
    let must_be_rgb = profile.is_some() || is_turned_by_pixels || is_exact;
    let (given, scale) = match format {
        UploadFormat::Jpeg => jpeg::pixels(original, eighths, must_be_rgb)?,
        UploadFormat::Png | UploadFormat::Gif | UploadFormat::Webp | UploadFormat::Bmp => {
            (Given::Pixels(general::pixels(original, format, whole)?), 1.0)
        }
    };
    let pixels = match (given, profile) {
        (Given::Planes(planes), _) => {
            return Ok(Decoded { picture: planes.into(), whole, scale, orientation, exact: None });
        }
        (Given::Inks(inks), profile) => Pixels::Rgb(inks.to_rgb(profile.as_deref())?),
        (Given::Pixels(pixels), Some(profile)) => srgb::converted(pixels, &profile),
        (Given::Pixels(pixels), None) => pixels,
    };
    let (pixels, whole, orientation) = if is_turned_by_pixels {
        (pixels.turned(orientation), header.shown(), Orientation::NoTransforms)
    } else {
        (pixels, whole, orientation)
    };
    let picture = Picture::of(&pixels)?;
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
            exact: exact.map(|pixels| pixels.turned(orientation)),
        }
    }
}

#[cfg(test)]
mod tests;
