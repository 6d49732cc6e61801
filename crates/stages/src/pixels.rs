//! Every way of storing colour becomes 8 bits of red, green and blue for each pixel, and alpha where pixels are not opaque.

use image::{DynamicImage, RgbImage, RgbaImage, metadata::Orientation};
use photo_core::photo::Dimensions;

/// Pixels with the colours that each of them has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pixels {
    /// All of them are opaque.
    Rgb(RgbImage),
    /// Some are not. Their colours are not multiplied by their alpha.
    Rgba(RgbaImage),
}

impl Pixels {
    /// Those of a picture. Alpha that says nothing, as of nearly every screenshot, is left out.
    pub(crate) fn of(picture: DynamicImage) -> Self {
        if !picture.color().has_alpha() {
            return Self::Rgb(picture.into_rgb8());
        }
        let pixels = picture.into_rgba8();
        if pixels.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
            return Self::Rgb(DynamicImage::ImageRgba8(pixels).into_rgb8());
        }
        Self::Rgba(pixels)
    }

    /// Their width and height.
    pub(crate) fn dimensions(&self) -> Dimensions {
        let (width, height) = match self {
            Self::Rgb(pixels) => pixels.dimensions(),
            Self::Rgba(pixels) => pixels.dimensions(),
        };
        Dimensions { width, height }
    }

    /// The same with an alpha for each.
    pub(crate) fn into_rgba(self) -> RgbaImage {
        match self {
            Self::Rgb(pixels) => DynamicImage::ImageRgb8(pixels).into_rgba8(),
            Self::Rgba(pixels) => pixels,
        }
    }

    /// The picture turned so, pixel by pixel.
    pub(crate) fn turned(self, orientation: Orientation) -> Self {
        match self {
            Self::Rgb(pixels) => {
                let mut pixels = DynamicImage::ImageRgb8(pixels);
                pixels.apply_orientation(orientation);
                Self::Rgb(pixels.into_rgb8())
            }
            Self::Rgba(pixels) => {
                let mut pixels = DynamicImage::ImageRgba8(pixels);
                pixels.apply_orientation(orientation);
                Self::Rgba(pixels.into_rgba8())
            }
        }
    }
}

/// So many 255ths of a value.
pub(crate) fn multiplied(value: u8, alpha: u8) -> u8 {
    u8::try_from((u32::from(value) * u32::from(alpha) + 127) / 255).unwrap_or(u8::MAX)
}

/// The value of which so many 255ths are `value`.
pub(crate) fn divided(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    (value * 255 + alpha / 2).checked_div(alpha).map_or(0, |whole| u8::try_from(whole).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    #[test]
    fn alpha_that_says_nothing_is_left_out() {
        let opaque = RgbaImage::from_pixel(3, 2, Rgba([1, 2, 3, 255]));
        let mut hole = opaque.clone();
        hole.put_pixel(2, 1, Rgba([1, 2, 3, 254]));
        assert!(matches!(Pixels::of(DynamicImage::ImageRgba8(opaque)), Pixels::Rgb(_)));
        assert_eq!(Pixels::of(DynamicImage::ImageRgba8(hole.clone())), Pixels::Rgba(hole));
    }
}
