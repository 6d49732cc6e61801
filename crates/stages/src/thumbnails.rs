//! The thumbnails stage: smaller pictures of the photo, largest first, each from the decoded pixels.
//!
//! A cheap filter by powers of two comes first, down to 2 to 4 times the thumbnail's size, then Lanczos. A smaller
//! thumbnail goes on from that cheaply reduced picture, never from a sharpened result. The cheap filter is Hamming's: a
//! box slips by up to half a pixel where a side is no multiple of the divisor, and thumbnails of 70 pixels show it.

use std::{borrow::Cow, cmp::Ordering};

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::RgbImage;
use photo_core::{
    image_format::ImageFormat,
    photo::{Dimensions, VariantRole},
    pipeline::{ThumbnailSize, ThumbnailsSpec},
};

use crate::{
    decode::Decoded,
    encode,
    failure::{Fault, contain},
    geometry::{Bounds, Region},
    output::Output,
    source::Source,
    turn,
};

/// Makes the thumbnails, largest first, and hands over each as soon as it is made.
pub(crate) fn make(source: &mut Source<'_>, spec: &ThumbnailsSpec, made: &mut dyn FnMut(Output)) -> Result<(), Fault> {
    let shown = source.header()?.shown();
    let mut sizes: Vec<&ThumbnailSize> = spec.sizes.iter().collect();
    let reduction = |size: &ThumbnailSize| Bounds::from(size).ratio(shown).value();
    sizes.sort_by(|a, b| reduction(b).partial_cmp(&reduction(a)).unwrap_or(Ordering::Equal));
    let mut shrinking = Shrinking::new(source.decoded()?);
    for size in sizes {
        made(contain(|| thumbnail(&mut shrinking, size, spec.quality_percent))?);
    }
    Ok(())
}

fn thumbnail(shrinking: &mut Shrinking<'_>, size: &ThumbnailSize, quality_percent: u8) -> Result<Output, Fault> {
    let Decoded { whole, orientation, .. } = *shrinking.decoded;
    // The pixels lie as they were stored, so the box is turned instead of the photo.
    let upright = Bounds::from(size);
    let bounds = if turn::is_turn(orientation) { upright.turned() } else { upright };
    shrinking.shrink_towards(bounds.ratio(whole).value())?;
    let lying = shrinking.cut(bounds.region(whole), bounds.dimensions(whole))?;
    let picture = turn::turned(lying, orientation);
    Ok(Output {
        name: size.name.clone(),
        role: VariantRole::Thumbnail,
        format: ImageFormat::Jpeg,
        width: picture.width(),
        height: picture.height(),
        bytes: encode::jpeg(&picture, quality_percent)?,
    })
}

/// The decoded picture on its way down.
struct Shrinking<'a> {
    decoded: &'a Decoded,
    pixels: Cow<'a, RgbImage>,
    /// Pixels of `pixels` for each of the photo's own, across and down. They differ where a side was rounded up.
    scale: (f64, f64),
    resizer: Resizer,
}

impl<'a> Shrinking<'a> {
    fn new(decoded: &'a Decoded) -> Self {
        let scale = (decoded.scale, decoded.scale);
        Self { decoded, pixels: Cow::Borrowed(&decoded.pixels), scale, resizer: Resizer::new() }
    }

    /// Reduces the picture cheaply, but keeps twice what `ratio` (thumbnail pixels for each of the photo's own) needs.
    fn shrink_towards(&mut self, ratio: f64) -> Result<(), Fault> {
        let scale = self.scale.0.max(self.scale.1);
        let divisor = (1..16).map(|power| 1_u32 << power).take_while(|by| scale / f64::from(*by) >= 2.0 * ratio).last();
        let Some(divisor) = divisor else { return Ok(()) };
        let (width, height) = self.pixels.dimensions();
        let smaller = Dimensions { width: width.div_ceil(divisor), height: height.div_ceil(divisor) };
        let whole = Region { left: 0.0, top: 0.0, width: f64::from(width), height: f64::from(height) };
        self.pixels = Cow::Owned(self.resize(whole, smaller, FilterType::Hamming)?);
        self.scale.0 *= f64::from(smaller.width) / f64::from(width);
        self.scale.1 *= f64::from(smaller.height) / f64::from(height);
        Ok(())
    }

    /// The part `region` (in the photo's own pixels) at its final size.
    fn cut(&mut self, region: Region, size: Dimensions) -> Result<RgbImage, Fault> {
        let (width, height) = self.pixels.dimensions();
        let (left, top) = (region.left * self.scale.0, region.top * self.scale.1);
        let here = Region {
            left,
            top,
            width: (region.width * self.scale.0).min(f64::from(width) - left),
            height: (region.height * self.scale.1).min(f64::from(height) - top),
        };
        self.resize(here, size, FilterType::Lanczos3)
    }

    fn resize(&mut self, part: Region, size: Dimensions, filter: FilterType) -> Result<RgbImage, Fault> {
        let (width, height) = self.pixels.dimensions();
        let source = ImageRef::new(width, height, self.pixels.as_raw(), PixelType::U8x3).map_err(not_made)?;
        let mut target = Image::new(size.width, size.height, PixelType::U8x3);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(filter))
            .crop(part.left, part.top, part.width, part.height)
            .use_alpha(false);
        self.resizer.resize(&source, &mut target, &options).map_err(not_made)?;
        RgbImage::from_raw(size.width, size.height, target.into_vec())
            .ok_or_else(|| Fault::NotMade { detail: "thumbnail pixels do not fill their picture".to_owned() })
    }
}

fn not_made(error: impl std::error::Error) -> Fault {
    Fault::NotMade { detail: error.to_string() }
}

#[cfg(test)]
mod tests;
