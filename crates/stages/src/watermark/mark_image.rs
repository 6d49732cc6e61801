//! An image as a mark: read once with its alpha, and made as large as each picture leaves room for it.

use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8x4,
};
use image::{Rgba, RgbaImage};
use photo_core::photo::Dimensions;

use super::{not_made, place};
use crate::{
    decode::{self, Reading},
    failure::{Fault, contain},
    limits::Limits,
    pixels::multiplied,
};

/// An image that is ready to be made a mark of any size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MarkImage {
    /// Upright and in sRGB, colours multiplied by their alpha.
    pixels: RgbaImage,
}

/// Why a file can't be a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MarkImageError {
    Unreadable(Fault),
    Blank,
}

impl MarkImage {
    /// Reads the file of an image.
    pub(super) fn read(file: &[u8]) -> Result<Self, MarkImageError> {
        let mut pixels = contain(|| upright(file)).map_err(MarkImageError::Unreadable)?;
        if pixels.pixels().all(|Rgba([.., alpha])| *alpha == 0) {
            return Err(MarkImageError::Blank);
        }
        pixels.pixels_mut().for_each(|Rgba([colours @ .., alpha])| {
            for colour in colours {
                *colour = multiplied(*colour, *alpha);
            }
        });
        Ok(Self { pixels })
    }

    /// The image as large as fits into the room, in its own proportions. Its colours are multiplied by their alpha.
    pub(super) fn pixels(&self, room: Dimensions) -> Result<RgbaImage, Fault> {
        let (width, height) = self.pixels.dimensions();
        let size = place::fit(Dimensions { width, height }, room);
        let mut made = RgbaImage::new(size.width, size.height);
        let given = TypedImageRef::<U8x4>::from_buffer(width, height, self.pixels.as_raw()).map_err(not_made)?;
        let mut target = TypedImage::<U8x4>::from_buffer(size.width, size.height, &mut made).map_err(not_made)?;
        // What is multiplied by its alpha is mixed rightly as it is.
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(false);
        Resizer::new().resize_typed(&given, &mut target, &options).map_err(not_made)?;
        // Beside an edge the filter swings, each channel by itself: no colour is more than its alpha.
        made.pixels_mut().for_each(|Rgba([colours @ .., alpha])| {
            for colour in colours {
                *colour = (*colour).min(*alpha);
            }
        });
        Ok(made)
    }
}

/// The pixels of a file as it is shown, in sRGB.
fn upright(file: &[u8]) -> Result<RgbaImage, Fault> {
    let limits = Limits::of_marks();
    limits.check_bytes(file)?;
    let header = decode::header(file)?;
    limits.check_dimensions(header.stored)?;
    let upright = decode::decoded(file, &header, Reading { eighths: 8, is_exact: true })?.turned_upright();
    Ok(upright.exact.unwrap_or_else(|| upright.picture.to_pixels()).into_rgba())
}
