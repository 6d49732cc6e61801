//! A mark laid onto planes, only where it lies; and planes laid onto a ground, where they are transparent.

use photo_core::{photo::Dimensions, pipeline::Background};

use super::{Layout, Planes, length};
use crate::watermark::Mark;

/// What a plane's samples are of red, green and blue (BT.601).
#[derive(Debug, Clone, Copy)]
struct Channel {
    /// In 65536ths.
    weights: [i32; 3],
    /// What black has.
    zero: i32,
    /// So many times so many pixels of the picture are one sample.
    pixels: u32,
}

impl Channel {
    /// What it has of a colour, in 65536ths, apart from `zero`.
    fn of(self, rgb: [i32; 3]) -> i32 {
        rgb.iter().zip(self.weights).map(|(value, weight)| value * weight).sum()
    }
}

const LUMA: Channel = Channel { weights: [19_595, 38_470, 7_471], zero: 0, pixels: 1 };
const BLUE: Channel = Channel { weights: [-11_059, -21_709, 32_768], zero: 128, pixels: 2 };
const RED: Channel = Channel { weights: [32_768, -27_439, -5_329], zero: 128, pixels: 2 };

/// One 255th in 65536ths.
const STEP: i32 = 257;

impl Planes {
    /// Lays the mark onto the picture. A gray one stays gray: it takes the mark's brightness.
    pub(crate) fn blend(&mut self, mark: &Mark) {
        let picture = self.dimensions();
        for (layout, channel) in self.layouts.iter().zip([LUMA, BLUE, RED]) {
            blend(&mut self.samples, *layout, channel, mark, picture);
        }
    }
}

impl Planes {
    /// Lays the picture, whose colours are multiplied by `alpha`, onto a ground of one colour.
    pub(crate) fn lay_on(&mut self, background: Background, alpha: &Self) {
        let alphas: Vec<&[u8]> = alpha.luma_rows().collect();
        for (layout, channel) in self.layouts.iter().zip([LUMA, BLUE, RED]) {
            let ground = channel.of(background.rgb().map(i32::from));
            let room = self.samples.get_mut(layout.begin..layout.end()).unwrap_or_default();
            let by = length(channel.pixels);
            for (row, alphas) in room.chunks_exact_mut(layout.stride.max(1)).zip(alphas.chunks(by)) {
                for (column, sample) in row.iter_mut().take(layout.width).enumerate() {
                    let pixels = alphas.iter().flat_map(|row| row.iter().skip(column * by).take(by));
                    let (missing, count) = pixels
                        .fold((0, 0), |(missing, count), alpha| (missing + i32::from(u8::MAX - alpha), count + 1));
                    // In 256ths: so the product of all three stays within 32 bits.
                    let added = (ground / 256) * missing / (255 * count.max(1));
                    *sample =
                        u8::try_from((i32::from(*sample) + ((added + 128) >> 8)).clamp(0, 255)).unwrap_or_default();
                }
            }
        }
    }
}

fn blend(samples: &mut [u8], layout: Layout, channel: Channel, mark: &Mark, picture: Dimensions) {
    let (corner, size, by) = (mark.corner(), mark.size(), channel.pixels);
    let rows = corner.top / by..(corner.top + size.height).min(picture.height).div_ceil(by);
    let columns = corner.left / by..(corner.left + size.width).min(picture.width).div_ceil(by);
    for row in rows {
        let ys = row * by..((row + 1) * by).min(picture.height);
        for column in columns.clone() {
            // At an odd side's end a sample stands for fewer pixels.
            let xs = column * by..((column + 1) * by).min(picture.width);
            let pixels = ys.clone().flat_map(|y| xs.clone().map(move |x| mark.at(x, y)));
            let sum = pixels.fold(Sum::default(), Sum::with);
            let place = layout.begin + length(row) * layout.stride + length(column);
            if let (Some(sample), true) = (samples.get_mut(place), sum.alpha > 0) {
                *sample = sum.over(*sample, channel);
            }
        }
    }
}

/// Colours and alpha of some pixels of a mark, added up.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    rgb: [i32; 3],
    alpha: i32,
    pixels: i32,
}

impl Sum {
    fn with(self, pixel: [u8; 4]) -> Self {
        let [red, green, blue, alpha] = pixel.map(i32::from);
        let [r, g, b] = self.rgb;
        Self { rgb: [r + red, g + green, b + blue], alpha: self.alpha + alpha, pixels: self.pixels + 1 }
    }

    /// What becomes of a sample that stands for these pixels.
    fn over(self, sample: u8, channel: Channel) -> u8 {
        let own = channel.of(self.rgb);
        let rest = channel.zero * self.alpha + i32::from(sample) * (255 * self.pixels - self.alpha);
        let mixed = (own + rest * STEP) / self.pixels.max(1);
        u8::try_from(((mixed + 32_768) >> 16).clamp(0, 255)).unwrap_or_default()
    }
}
