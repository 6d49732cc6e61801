//! The picture as JPEGs hold it: a plane of brightness, and two of colour with half the width and height, or none of a gray
//! one. Whatever was decoded becomes this, and all outputs are made of it but a PNG of the whole photo.

mod alpha;
mod blend;
mod channel;
mod halve;
mod reduce;
mod resize;
mod rgb;
mod turn;

use image::RgbImage;
use photo_core::photo::Dimensions;
use photo_jpeg::{Picture, Plane, ycc_of_rgb};

use crate::failure::Fault;
use channel::{CHANNELS, Channel};
pub(crate) use halve::Wide;
pub(crate) use resize::{Scaler, Target};
pub(crate) use turn::Reversed;

/// A picture in full-range YCbCr of BT.601, 4:2:0 or gray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planes {
    width: u32,
    height: u32,
    samples: Vec<u8>,
    /// Brightness, then blue and red where there are colours.
    layouts: Vec<Layout>,
}

/// Where a plane's samples lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    begin: usize,
    /// Samples from one row to the next.
    stride: usize,
    /// Samples of a row that belong to the picture.
    width: usize,
    /// Rows that do.
    height: usize,
}

impl Layout {
    /// Where the plane ends.
    fn end(self) -> usize {
        self.begin + self.stride * self.height
    }

    fn of(self, samples: &[u8]) -> &[u8] {
        samples.get(self.begin..self.end()).unwrap_or_default()
    }

    fn rows(self, samples: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        let rows = self.of(samples).chunks_exact(self.stride.max(1));
        rows.map(move |row| row.get(..self.width).unwrap_or_default())
    }
}

/// A side as a length in memory.
fn length(pixels: u32) -> usize {
    usize::try_from(pixels).unwrap_or(usize::MAX)
}

impl Planes {
    /// Planes of nothing yet, one close to the other.
    fn empty(size: Dimensions, is_gray: bool) -> Self {
        let Dimensions { width, height } = size;
        let half = (width.div_ceil(2), height.div_ceil(2));
        let sides = if is_gray { vec![(width, height)] } else { vec![(width, height), half, half] };
        let mut begin = 0;
        let layouts: Vec<Layout> = sides
            .into_iter()
            .map(|(width, height)| {
                let (width, height) = (length(width), length(height));
                let layout = Layout { begin, stride: width, width, height };
                begin = layout.end();
                layout
            })
            .collect();
        Self { width, height, samples: vec![0; begin], layouts }
    }

    /// One of gray, whose samples lie row by row.
    pub(crate) fn gray(size: Dimensions, samples: Vec<u8>) -> Self {
        Self { samples, ..Self::empty(size, true) }
    }

    /// Those of RGB pixels.
    pub(crate) fn of_rgb(picture: &RgbImage) -> Result<Self, Fault> {
        let (width, height) = picture.dimensions();
        let ycc = ycc_of_rgb(width, height, picture.as_raw()).map_err(not_made)?;
        let (stride, rows) = ycc.luma;
        let luma = Layout { begin: 0, stride, width: length(width), height: length(height) };
        let half = |begin| Layout {
            begin,
            stride: stride / 2,
            width: length(width.div_ceil(2)),
            height: length(height.div_ceil(2)),
        };
        let layouts = vec![luma, half(stride * rows), half(stride * rows / 4 * 5)];
        Ok(Self { width, height, samples: ycc.samples, layouts })
    }

    /// The picture's pixels.
    pub(crate) fn dimensions(&self) -> Dimensions {
        Dimensions { width: self.width, height: self.height }
    }

    /// As the encoder takes it.
    pub(crate) fn picture(&self) -> Result<Picture<'_>, Fault> {
        let mut planes =
            self.layouts.iter().map(|layout| Plane { samples: layout.of(&self.samples), stride: layout.stride });
        let luma = planes.next().ok_or_else(|| not_made("a picture without brightness"))?;
        let chroma = planes.next().zip(planes.next()).map(|(blue, red)| [blue, red]);
        Ok(Picture { width: self.width, height: self.height, luma, chroma })
    }

    /// The rows of brightness.
    pub(crate) fn luma_rows(&self) -> impl Iterator<Item = &[u8]> {
        self.layouts.first().into_iter().flat_map(|luma| luma.rows(&self.samples))
    }

    fn is_gray(&self) -> bool {
        self.layouts.len() == 1
    }
}

fn not_made(why: impl std::fmt::Display) -> Fault {
    Fault::NotMade { detail: why.to_string() }
}

#[cfg(test)]
pub(crate) mod tests;
