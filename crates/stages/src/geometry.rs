//! How large each thumbnail is and which part of the photo it shows: exact arithmetic, one rounding rule.

use photo_core::{
    photo::Dimensions,
    pipeline::{Fit, ThumbnailSize},
};

/// A thumbnail of `source` (pixels as shown) has these dimensions.
///
/// The photo is reduced by one ratio for both sides, never above 1. With [`Fit::Inside`] it is the smaller of
/// box side / photo side, with [`Fit::Cover`] the larger. Each side is the photo's side times that ratio, rounded half
/// up, at most the box's side and at least 1. So a photo that is smaller than the box on a side keeps that side:
/// it is cut where it overhangs and never enlarged.
pub fn thumbnail_dimensions(source: Dimensions, size: &ThumbnailSize) -> Dimensions {
    Bounds::from(size).dimensions(source)
}

/// The box of a thumbnail, apart from its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    width: u32,
    height: u32,
    fit: Fit,
}

impl From<&ThumbnailSize> for Bounds {
    fn from(size: &ThumbnailSize) -> Self {
        Self { width: size.width.into(), height: size.height.into(), fit: size.fit }
    }
}

/// Thumbnail pixels for each photo pixel, at most 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ratio {
    numerator: u32,
    denominator: u32,
}

/// A part of a picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Region {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Ratio {
    const ONE: Self = Self { numerator: 1, denominator: 1 };

    fn of(part: u32, whole: u32) -> Self {
        Self { numerator: part, denominator: whole.max(1) }
    }

    fn exceeds(self, other: Self) -> bool {
        u64::from(self.numerator) * u64::from(other.denominator)
            > u64::from(other.numerator) * u64::from(self.denominator)
    }

    fn min(self, other: Self) -> Self {
        if self.exceeds(other) { other } else { self }
    }

    fn max(self, other: Self) -> Self {
        if self.exceeds(other) { self } else { other }
    }

    /// `side` times the ratio, rounded half up, within 1 and `limit`.
    fn scale(self, side: u32, limit: u32) -> u32 {
        let (numerator, denominator) = (u64::from(self.numerator), u64::from(self.denominator));
        let rounded = (2 * u64::from(side) * numerator + denominator) / (2 * denominator);
        u32::try_from(rounded).unwrap_or(u32::MAX).min(limit).max(1)
    }

    /// The ratio as a number.
    pub(crate) fn value(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }

    /// How many eighths of a photo's sides leave at least twice what a thumbnail of this ratio needs: 1, 2, 4 or 8.
    /// The steps between have no vector code in libjpeg-turbo: 5 to 7 eighths take longer than the whole picture.
    pub(crate) fn eighths(self) -> u8 {
        let eighths = (u64::from(self.numerator) * 16).div_ceil(u64::from(self.denominator));
        u8::try_from(eighths.clamp(1, 8).next_power_of_two()).unwrap_or(8)
    }
}

impl Bounds {
    /// The box for a picture that lies on its side.
    pub(crate) fn turned(self) -> Self {
        Self { width: self.height, height: self.width, fit: self.fit }
    }

    /// By how much a picture of that size is reduced.
    pub(crate) fn ratio(self, source: Dimensions) -> Ratio {
        let across = Ratio::of(self.width, source.width);
        let down = Ratio::of(self.height, source.height);
        let ratio = match self.fit {
            Fit::Inside => across.min(down),
            Fit::Cover => across.max(down),
        };
        ratio.min(Ratio::ONE)
    }

    /// The thumbnail's size.
    pub(crate) fn dimensions(self, source: Dimensions) -> Dimensions {
        let ratio = self.ratio(source);
        Dimensions { width: ratio.scale(source.width, self.width), height: ratio.scale(source.height, self.height) }
    }

    /// The part of the picture that the thumbnail shows, from its middle.
    pub(crate) fn region(self, source: Dimensions) -> Region {
        let (width, height) = (f64::from(source.width), f64::from(source.height));
        match self.fit {
            Fit::Inside => Region { left: 0.0, top: 0.0, width, height },
            Fit::Cover => {
                let ratio = self.ratio(source).value();
                let shown = self.dimensions(source);
                let shown_width = (f64::from(shown.width) / ratio).min(width);
                let shown_height = (f64::from(shown.height) / ratio).min(height);
                Region {
                    left: (width - shown_width) / 2.0,
                    top: (height - shown_height) / 2.0,
                    width: shown_width,
                    height: shown_height,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
