//! The thumbnails stage: smaller pictures of the photo, largest first, each from the decoded pixels.
//!
//! Means of powers of two come first, down to 2 to 4 times the thumbnail's size, then Lanczos. A smaller
//! thumbnail goes on from that cheaply reduced picture, never from a sharpened result.

use std::cmp::Ordering;

use photo_core::{
    photo::{Dimensions, VariantRole},
    pipeline::{Effort, ThumbnailSize, ThumbnailsSpec},
};

use crate::{
    decode::Decoded,
    encode::{self, Encoding},
    failure::{Fault, contain},
    geometry::{Bounds, Region},
    output::Output,
    picture::Picture,
    planes::{Reversed, Scaler, Target},
    source::Source,
    turn,
};

/// Makes the thumbnails, largest first, and hands over each as soon as it is made.
pub(crate) fn make(source: &mut Source<'_>, spec: &ThumbnailsSpec, made: &mut dyn FnMut(Output)) -> Result<(), Fault> {
    let shown = source.header()?.shown();
    let mut sizes: Vec<&ThumbnailSize> = spec.sizes.iter().collect();
    let reduction = |size: &ThumbnailSize| Bounds::from(size).ratio(shown).value();
    sizes.sort_by(|a, b| reduction(b).partial_cmp(&reduction(a)).unwrap_or(Ordering::Equal));
    let ThumbnailsSpec { format, quality_percent, background, .. } = *spec;
    let encoding = Encoding { format, quality_percent, effort: Effort::Balanced, background };
    let mut shrinking = Shrinking::new(source.decoded()?);
    for size in sizes {
        made(contain(|| thumbnail(&mut shrinking, size, encoding))?);
    }
    Ok(())
}

fn thumbnail(shrinking: &mut Shrinking<'_>, size: &ThumbnailSize, encoding: Encoding) -> Result<Output, Fault> {
    let Decoded { whole, orientation, .. } = *shrinking.decoded;
    // The pixels lie as they were stored, so the box is turned instead of the photo.
    let upright = Bounds::from(size);
    let bounds = if turn::is_turn(orientation) { upright.turned() } else { upright };
    shrinking.shrink_towards(bounds.ratio(whole).value());
    let picture = shrinking.cut(bounds.region(whole), bounds.dimensions(whole))?.turned(orientation);
    let Dimensions { width, height } = picture.dimensions();
    Ok(Output {
        name: size.name.clone(),
        role: VariantRole::Thumbnail,
        format: encoding.format.into(),
        width,
        height,
        bytes: encode::encoded(&picture, encoding, None)?,
    })
}

/// The decoded picture on its way down.
struct Shrinking<'a> {
    decoded: &'a Decoded,
    /// What it was cheaply reduced to, where it was.
    reduced: Option<Picture>,
    /// Pixels of that for each of the photo's own.
    scale: f64,
    scaler: Scaler,
}

impl<'a> Shrinking<'a> {
    fn new(decoded: &'a Decoded) -> Self {
        Self { decoded, reduced: None, scale: decoded.scale, scaler: Scaler::default() }
    }

    /// Reduces the picture cheaply, but keeps twice what `ratio` (thumbnail pixels for each of the photo's own) needs.
    fn shrink_towards(&mut self, ratio: f64) {
        let divisors = (1..16).map(|power| 1_u32 << power);
        let Some(divisor) = divisors.take_while(|by| self.scale / f64::from(*by) >= 2.0 * ratio).last() else { return };
        let picture = self.reduced.as_ref().unwrap_or(&self.decoded.picture);
        self.reduced = Some(picture.reduced(usize::try_from(divisor).unwrap_or(usize::MAX)));
        self.scale /= f64::from(divisor);
    }

    /// The part `region` (in the photo's own pixels) at its final size.
    fn cut(&mut self, region: Region, size: Dimensions) -> Result<Picture, Fault> {
        let Self { decoded, reduced, scale, scaler } = self;
        let picture = reduced.as_ref().unwrap_or(&decoded.picture);
        let Dimensions { width, height } = picture.dimensions();
        let (left, top) = (region.left * *scale, region.top * *scale);
        let here = Region {
            left,
            top,
            width: (region.width * *scale).min(f64::from(width) - left),
            height: (region.height * *scale).min(f64::from(height) - top),
        };
        let reversed = Reversed::by(decoded.orientation);
        picture.resized(scaler, here, Target { size, reversed })
    }
}

#[cfg(test)]
mod tests;
