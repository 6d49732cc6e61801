//! Planes as RGB pixels, for the formats that are made of those.

use image::RgbImage;

use super::{Layout, Planes, length};

impl Planes {
    /// The picture in RGB, as readers of its JPEG show it: between two colours lies their mean, weighted by how near they
    /// are (libjpeg's "fancy upsampling").
    pub(crate) fn to_rgb(&self) -> RgbImage {
        let mut pixels = RgbImage::new(self.width, self.height);
        let row_bytes = 3 * length(self.width).max(1);
        let chroma = match self.layouts.as_slice() {
            [_, blue, red] => Some((self.rows(*blue), self.rows(*red))),
            _ => None,
        };
        let (mut blue, mut red) = (Vec::new(), Vec::new());
        let luma = self.layouts.first().map(|luma| self.rows(*luma)).unwrap_or_default();
        for (place, (row, luma)) in pixels.chunks_exact_mut(row_bytes).zip(luma).enumerate() {
            let row = row.as_chunks_mut::<3>().0.iter_mut().zip(luma);
            if let Some((blues, reds)) = &chroma {
                widen(blues, place, &mut blue);
                widen(reds, place, &mut red);
                let colours = blue.iter().zip(&red);
                row.zip(colours).for_each(|((pixel, luma), (blue, red))| *pixel = rgb(*luma, *blue, *red));
            } else {
                row.for_each(|(pixel, luma)| *pixel = [*luma; 3]);
            }
        }
        pixels
    }

    fn rows(&self, layout: Layout) -> Vec<&[u8]> {
        layout.rows(&self.samples).collect()
    }
}

/// The colours of the picture's row `place`, twice as many as a row of them has.
fn widen(rows: &[&[u8]], place: usize, wide: &mut Vec<u8>) {
    let near = place / 2;
    let far = if place.is_multiple_of(2) { near.saturating_sub(1) } else { near + 1 };
    let row = |at: usize| rows.get(at).copied();
    let near = row(near).unwrap_or_default();
    let far = row(far).unwrap_or(near);
    let sums: Vec<u32> = near.iter().zip(far).map(|(near, far)| 3 * u32::from(*near) + u32::from(*far)).collect();
    let before = sums.first().into_iter().chain(&sums);
    let after = sums.iter().skip(1).chain(sums.last());
    let narrowed = |sum: u32| u8::try_from(sum / 16).unwrap_or(u8::MAX);
    wide.clear();
    for ((before, sum), after) in before.zip(&sums).zip(after) {
        wide.extend([narrowed(3 * sum + before + 8), narrowed(3 * sum + after + 7)]);
    }
}

/// Full-range YCbCr of BT.601, in parts of 65,536.
fn rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let luma = i32::from(luma) << 16;
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    let channels = [luma + 91_881 * red, luma - 22_554 * blue - 46_802 * red, luma + 116_130 * blue];
    channels.map(|value| u8::try_from(((value + 0x8000) >> 16).clamp(0, 255)).unwrap_or(u8::MAX))
}
