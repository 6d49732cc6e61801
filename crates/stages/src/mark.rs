//! A mark: its pixels and their place, apart from whatever it is laid onto.

use image::{DynamicImage, RgbImage, Rgba, RgbaImage, metadata::Orientation};
use photo_core::photo::Dimensions;

use crate::{
    pixels::{Pixels, divided, multiplied},
    planes::Reversed,
    turn,
};

/// The left upper pixel of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Corner {
    pub(crate) left: u32,
    pub(crate) top: u32,
}

/// Pixels at a place of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Their colours are multiplied by their alpha.
    pixels: RgbaImage,
    corner: Corner,
}

impl Mark {
    /// Pixels, whose colours are multiplied by their alpha, of which so many hundredths are to be seen.
    pub(crate) fn new(mut pixels: RgbaImage, opacity_percent: u8, corner: Corner) -> Self {
        let seen =
            |value: u8| u8::try_from((u32::from(value) * u32::from(opacity_percent) + 50) / 100).unwrap_or(u8::MAX);
        pixels.pixels_mut().for_each(|pixel| pixel.0 = pixel.0.map(seen));
        Self { pixels, corner }
    }

    /// The mark of an upright picture of that size for the same picture as it lies before it is turned.
    pub(crate) fn lying(self, upright: Dimensions, orientation: Orientation) -> Self {
        let back = turn::back(orientation);
        let (width, height) = self.pixels.dimensions();
        let Corner { mut left, mut top } = self.corner;
        let reversed = Reversed::by(back);
        if reversed.columns {
            left = upright.width.saturating_sub(left + width);
        }
        if reversed.rows {
            top = upright.height.saturating_sub(top + height);
        }
        let corner = if turn::is_turn(back) { Corner { left: top, top: left } } else { Corner { left, top } };
        let mut pixels = DynamicImage::ImageRgba8(self.pixels);
        pixels.apply_orientation(back);
        Self { pixels: pixels.into_rgba8(), corner }
    }

    /// The left upper pixel, in those of the picture.
    pub(crate) fn corner(&self) -> Corner {
        self.corner
    }

    /// Its width and height.
    pub(crate) fn size(&self) -> Dimensions {
        Dimensions { width: self.pixels.width(), height: self.pixels.height() }
    }

    /// Red, green and blue, multiplied by alpha, and alpha at a pixel of the picture; nothing of all beside the mark.
    pub(crate) fn at(&self, x: u32, y: u32) -> [u8; 4] {
        let within = x.checked_sub(self.corner.left).zip(y.checked_sub(self.corner.top));
        let pixel = within.and_then(|(x, y)| self.pixels.get_pixel_checked(x, y));
        pixel.map_or([0; 4], |Rgba(value)| *value)
    }

    /// A mark of white where this one covers the picture, as far as it does.
    pub(crate) fn cover(&self) -> Self {
        let mut pixels = self.pixels.clone();
        pixels.pixels_mut().for_each(|pixel| pixel.0 = [pixel.0[3]; 4]);
        Self { pixels, corner: self.corner }
    }

    /// Lays it onto the pixels of the picture.
    pub(crate) fn over(&self, picture: &mut Pixels) {
        match picture {
            Pixels::Rgb(picture) => self.over_opaque(picture),
            Pixels::Rgba(picture) => self.over_transparent(picture),
        }
    }

    fn over_opaque(&self, picture: &mut RgbImage) {
        let Corner { left, top } = self.corner;
        for (x, y, Rgba([red, green, blue, alpha])) in self.pixels.enumerate_pixels() {
            let Some(ground) = picture.get_pixel_mut_checked(left + x, top + y) else { continue };
            for (ground, own) in ground.0.iter_mut().zip([red, green, blue]) {
                *ground = multiplied(*ground, u8::MAX - alpha).saturating_add(*own);
            }
        }
    }

    fn over_transparent(&self, picture: &mut RgbaImage) {
        let Corner { left, top } = self.corner;
        for (x, y, Rgba([red, green, blue, alpha])) in self.pixels.enumerate_pixels() {
            let Some(Rgba(ground)) = picture.get_pixel_mut_checked(left + x, top + y) else { continue };
            let [r, g, b, below] = *ground;
            let rest = u8::MAX - alpha;
            let whole = multiplied(below, rest).saturating_add(*alpha);
            let mixed =
                |ground: u8, own: u8| divided(multiplied(multiplied(ground, below), rest).saturating_add(own), whole);
            // Where there is nothing of a mark a pixel is not touched: there and back again would change it.
            if *alpha > 0 {
                *ground = [mixed(r, *red), mixed(g, *green), mixed(b, *blue), whole];
            }
        }
    }
}
