//! The picture that stages share: its colours as planes, and how much there is of each pixel where it is not opaque.

use std::borrow::Cow;

use image::{Rgb, RgbImage, Rgba, RgbaImage, metadata::Orientation};
use photo_core::{photo::Dimensions, pipeline::Background};

use crate::{
    failure::Fault,
    geometry::Region,
    mark::Mark,
    pixels::{Pixels, divided, multiplied},
    planes::{Planes, Scaler, Target},
};

/// A picture. Colours are multiplied by their alpha, which is to say that it lies on black: so pixels that are not there have
/// no colour that could show in the mean of several, and everything but the last step treats colours as if all were opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    colours: Planes,
    /// One plane, as of a gray picture.
    alpha: Option<Planes>,
}

impl From<Planes> for Picture {
    /// An opaque one.
    fn from(colours: Planes) -> Self {
        Self { colours, alpha: None }
    }
}

impl Picture {
    /// That of pixels.
    pub(crate) fn of(pixels: &Pixels) -> Result<Self, Fault> {
        match pixels {
            Pixels::Rgb(pixels) => Ok(Planes::of_rgb(pixels)?.into()),
            Pixels::Rgba(pixels) => {
                let size = Dimensions { width: pixels.width(), height: pixels.height() };
                let alpha = Planes::gray(size, pixels.pixels().map(|pixel| pixel.0[3]).collect());
                Ok(Self { colours: Planes::of_rgb(&on_black(pixels))?, alpha: Some(alpha) })
            }
        }
    }

    /// Its width and height.
    pub(crate) fn dimensions(&self) -> Dimensions {
        self.colours.dimensions()
    }

    /// The picture turned so.
    pub(crate) fn turned(self, orientation: Orientation) -> Self {
        self.each(|planes| planes.turned(orientation))
    }

    /// The picture reduced by a power of two.
    pub(crate) fn reduced(&self, divisor: usize) -> Self {
        let reduced = |planes: &Planes| planes.reduced(divisor);
        Self { colours: reduced(&self.colours), alpha: self.alpha.as_ref().map(reduced) }
    }

    /// A part of it, in its pixels, at another size.
    pub(crate) fn resized(&self, scaler: &mut Scaler, part: Region, target: Target) -> Result<Self, Fault> {
        let mut resized = |planes: &Planes| scaler.resized(planes, part, target);
        Ok(Self { colours: resized(&self.colours)?, alpha: self.alpha.as_ref().map(resized).transpose()? })
    }

    /// Lays a mark onto it.
    pub(crate) fn blend(&mut self, mark: &Mark) {
        self.colours.blend(mark);
        if let Some(alpha) = &mut self.alpha {
            alpha.blend(&mark.cover());
        }
    }

    /// Its colours on that ground.
    pub(crate) fn on(&self, background: Background) -> Cow<'_, Planes> {
        match &self.alpha {
            None => Cow::Borrowed(&self.colours),
            Some(alpha) => {
                let mut colours = self.colours.clone();
                colours.lay_on(background, alpha);
                Cow::Owned(colours)
            }
        }
    }

    /// Its colours as they are apart from their alpha, and that, where it is not opaque.
    pub(crate) fn apart(&self) -> (Cow<'_, Planes>, Option<&Planes>) {
        match &self.alpha {
            None => (Cow::Borrowed(&self.colours), None),
            Some(alpha) => {
                let mut colours = self.colours.clone();
                colours.divide(alpha);
                (Cow::Owned(colours), Some(alpha))
            }
        }
    }

    /// Its pixels.
    pub(crate) fn to_pixels(&self) -> Pixels {
        let colours = self.colours.to_rgb();
        let Some(alpha) = &self.alpha else { return Pixels::Rgb(colours) };
        let mut pixels = RgbaImage::new(colours.width(), colours.height());
        let alphas = alpha.luma_rows().flatten();
        for ((pixel, Rgb(colour)), alpha) in pixels.pixels_mut().zip(colours.pixels()).zip(alphas) {
            let [red, green, blue] = colour.map(|value| divided(value, *alpha));
            *pixel = Rgba([red, green, blue, *alpha]);
        }
        Pixels::Rgba(pixels)
    }

    fn each(self, change: impl Fn(Planes) -> Planes) -> Self {
        Self { colours: change(self.colours), alpha: self.alpha.map(change) }
    }
}

fn on_black(pixels: &RgbaImage) -> RgbImage {
    let mut colours = RgbImage::new(pixels.width(), pixels.height());
    for (target, Rgba([red, green, blue, alpha])) in colours.pixels_mut().zip(pixels.pixels()) {
        target.0 = [red, green, blue].map(|value| multiplied(*value, *alpha));
    }
    colours
}

#[cfg(test)]
mod tests;
