//! A mark laid onto planes, only where it lies.

use photo_core::photo::Dimensions;

use super::{CHANNELS, Channel, Layout, Planes, length};
use crate::mark::Mark;

/// One 255th in 65536ths.
const STEP: i32 = 257;

impl Planes {
    /// Lays the mark onto the picture. A gray one stays gray: it takes the mark's brightness.
    pub(crate) fn blend(&mut self, mark: &Mark) {
        let picture = self.dimensions();
        for (layout, channel) in self.layouts.iter().zip(CHANNELS) {
            blend(&mut self.samples, *layout, channel, mark, picture);
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
