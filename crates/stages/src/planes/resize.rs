//! A part of a picture at another size, by a Lanczos filter with three lobes.

use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedCroppedImageMut, TypedImage, TypedImageRef},
    pixels::U8,
};
use photo_core::photo::Dimensions;

use super::{Layout, Planes, Reversed, not_made};
use crate::{failure::Fault, geometry::Region};

/// How large a picture is made, and what of it will be read from its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) size: Dimensions,
    pub(crate) reversed: Reversed,
}

/// Memory that is used again from one picture to the next.
#[derive(Default)]
pub(crate) struct Scaler(Resizer);

impl Scaler {
    /// The part of a picture, in its pixels, at another size.
    pub(crate) fn resized(&mut self, picture: &Planes, part: Region, target: Target) -> Result<Planes, Fault> {
        let Target { size, reversed } = target;
        let mut made = Planes::empty(size, picture.is_gray());
        let luma = (
            Side { from: part.left, length: part.width, begin: 0, samples: size.width },
            Side { from: part.top, length: part.height, begin: 0, samples: size.height },
        );
        let colour = (luma.0.of_colour(reversed.columns), luma.1.of_colour(reversed.rows));
        let layouts = picture.layouts.iter().zip(made.layouts.clone());
        for (place, (source, target)) in layouts.enumerate() {
            let (across, down) = if place == 0 { luma } else { colour };
            let room = made.samples.get_mut(target.begin..target.end()).unwrap_or_default();
            self.plane((*source, source.of(&picture.samples)), (target, &mut *room), (across, down))?;
            fill_edges(room, target, (across, down));
        }
        Ok(made)
    }

    fn plane(
        &mut self,
        (source, samples): (Layout, &[u8]),
        (target, room): (Layout, &mut [u8]),
        (across, down): (Side, Side),
    ) -> Result<(), Fault> {
        let side = |side: usize| u32::try_from(side).map_err(not_made);
        // Typed: what is not would be compiled for every kind of pixel.
        let given = TypedImageRef::<U8>::from_buffer(side(source.stride)?, side(source.height)?, samples);
        let given = given.map_err(not_made)?;
        let room = TypedImage::<U8>::from_buffer(side(target.width)?, side(target.height)?, room);
        let mut room = room.map_err(not_made)?;
        let part = TypedCroppedImageMut::from_ref(&mut room, across.begin, down.begin, across.samples, down.samples);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
            .use_alpha(false)
            .crop(across.from, down.from, across.length, down.length);
        self.0.resize_typed(&given, &mut part.map_err(not_made)?, &options).map_err(not_made)
    }
}

/// One direction: which part of the samples there are becomes which of those to be made.
#[derive(Debug, Clone, Copy)]
struct Side {
    from: f64,
    length: f64,
    begin: u32,
    samples: u32,
}

impl Side {
    /// The same for samples that stand for two pixels each. Of an odd number of pixels the last stands alone, and the first
    /// where the side will be read from its end; it takes over the colour of its neighbour.
    fn of_colour(self, is_reversed: bool) -> Self {
        let Self { from, length, samples, .. } = self;
        let whole = samples / 2;
        if whole == 0 || samples.is_multiple_of(2) {
            return Self { from: from / 2.0, length: length / 2.0, begin: 0, samples: whole.max(1) };
        }
        let pixel = length / f64::from(samples);
        let (from, begin) = if is_reversed { (from + pixel, 1) } else { (from, 0) };
        Self { from: from / 2.0, length: (length - pixel) / 2.0, begin, samples: whole }
    }

    /// The one sample that was not made, of so many, and its neighbour.
    fn left_out(self, samples: usize) -> Option<(usize, usize)> {
        let made = usize::try_from(self.samples).unwrap_or(usize::MAX);
        (made < samples).then_some(if self.begin == 0 { (samples - 1, samples - 2) } else { (0, 1) })
    }
}

fn fill_edges(room: &mut [u8], target: Layout, (across, down): (Side, Side)) {
    if let Some((empty, neighbour)) = across.left_out(target.width) {
        for row in room.chunks_exact_mut(target.stride.max(1)) {
            let colour = row.get(neighbour).copied();
            if let (Some(sample), Some(colour)) = (row.get_mut(empty), colour) {
                *sample = colour;
            }
        }
    }
    if let Some((empty, neighbour)) = down.left_out(target.height) {
        let neighbour = neighbour * target.stride;
        if neighbour + target.stride <= room.len() && (empty + 1) * target.stride <= room.len() {
            room.copy_within(neighbour..neighbour + target.stride, empty * target.stride);
        }
    }
}
