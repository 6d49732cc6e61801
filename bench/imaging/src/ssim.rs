//! Structural similarity of two pictures (Wang, Bovik, Sheikh, Simoncelli 2004) in luminance.
//!
//! Windows of 8 × 8 pixels, 4 apart, all pixels alike, as ffmpeg and x264 do it. Written here because the crate
//! `image-compare` 0.5 leaves its variances undivided by the window's pixels, so that its second constant is 64 times
//! too weak.

use image::{GrayImage, RgbImage};

const BLOCK: usize = 4;
const WINDOW_PIXELS: f64 = 64.0;
/// (0.01 × 255)² and (0.03 × 255)²: they keep flat windows from dividing by nothing.
const C1: f64 = 6.5025;
const C2: f64 = 58.5225;

/// The luminance that JPEG stores (Rec. 601).
pub(crate) fn luminance(picture: &RgbImage) -> GrayImage {
    let mut gray = GrayImage::new(picture.width(), picture.height());
    for (gray, rgb) in gray.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue] = rgb.0.map(u32::from);
        gray.0 = [u8::try_from((299 * red + 587 * green + 114 * blue + 500) / 1000).unwrap_or(u8::MAX)];
    }
    gray
}

/// The mean over all windows: 1 for equal pictures. `None` where the sizes differ or no window fits.
pub(crate) fn ssim(a: &GrayImage, b: &GrayImage) -> Option<f64> {
    if a.dimensions() != b.dimensions() || a.width() < 8 {
        return None;
    }
    let width = usize::try_from(a.width()).ok()?;
    let band = BLOCK * width;
    let mut bands = a.as_raw().chunks_exact(band).zip(b.as_raw().chunks_exact(band)).map(|(a, b)| blocks(a, b, width));
    let mut above = bands.next()?;
    let (mut sum, mut windows) = (0.0, 0_u32);
    for below in bands {
        for ([a, b], [c, d]) in above.array_windows().zip(below.array_windows()) {
            sum += a.and(*b).and(*c).and(*d).similarity();
            windows += 1;
        }
        above = below;
    }
    (windows > 0).then(|| sum / f64::from(windows))
}

/// Sums over some pixels of two pictures: of the values, their squares and their products.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    a: u32,
    b: u32,
    squares: u32,
    products: u32,
}

/// The blocks of a band of four rows.
fn blocks(a: &[u8], b: &[u8], width: usize) -> Vec<Sums> {
    let mut blocks = vec![Sums::default(); width / BLOCK];
    for (a, b) in a.chunks_exact(width).zip(b.chunks_exact(width)) {
        let (a, b) = (a.as_chunks::<BLOCK>().0, b.as_chunks::<BLOCK>().0);
        for (sums, (a, b)) in blocks.iter_mut().zip(a.iter().zip(b)) {
            for (a, b) in a.iter().zip(b) {
                sums.add((*a).into(), (*b).into());
            }
        }
    }
    blocks
}

impl Sums {
    fn add(&mut self, a: u32, b: u32) {
        self.a += a;
        self.b += b;
        self.squares += a * a + b * b;
        self.products += a * b;
    }

    fn and(self, other: Self) -> Self {
        Self {
            a: self.a + other.a,
            b: self.b + other.b,
            squares: self.squares + other.squares,
            products: self.products + other.products,
        }
    }

    /// Of a whole window.
    fn similarity(self) -> f64 {
        let [a, b, squares, products] =
            [self.a, self.b, self.squares, self.products].map(|sum| f64::from(sum) / WINDOW_PIXELS);
        let variances = squares - a * a - b * b;
        let covariance = products - a * b;
        (2.0 * a * b + C1) * (2.0 * covariance + C2) / ((a * a + b * b + C1) * (variances + C2))
    }
}

#[cfg(test)]
mod tests {
    use image::{Luma, Rgb, imageops};

    use super::*;

    fn waves(width: u32, height: u32) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| Luma([u8::try_from((x * x / 9 + 7 * y) % 251).unwrap()]))
    }

    fn between(a: &GrayImage, b: &GrayImage) -> f64 {
        ssim(a, b).unwrap()
    }

    #[test]
    fn a_picture_is_like_itself() {
        assert!((between(&waves(61, 43), &waves(61, 43)) - 1.0).abs() < 1e-9);
    }

    /// By hand: one window of 8 × 8, both flat, 100 beside 110.
    #[test]
    fn flat_pictures_differ_by_their_means() {
        let flat = |value| GrayImage::from_pixel(8, 8, Luma([value]));
        let expected = (2.0 * 100.0 * 110.0 + C1) / (100.0 * 100.0 + 110.0 * 110.0 + C1);
        assert!((between(&flat(100), &flat(110)) - expected).abs() < 1e-9);
    }

    /// By hand: half the pixels 0, half 200, beside the same turned around: equal means, opposite structure.
    #[test]
    fn opposite_structures_are_unlike() {
        let half = |first: u8, second: u8| GrayImage::from_fn(8, 8, |x, _| Luma([if x < 4 { first } else { second }]));
        let variance = 100.0 * 100.0;
        let expected = (C2 - 2.0 * variance) / (2.0 * variance + C2);
        assert!((between(&half(0, 200), &half(200, 0)) - expected).abs() < 1e-9);
    }

    #[test]
    fn more_damage_is_less_alike() {
        let whole = waves(128, 96);
        let [little, much] = [0.6, 2.0].map(|sigma| between(&whole, &imageops::blur(&whole, sigma)));
        assert!(1.0 > little && little > much && much > 0.0, "{little} {much}");
    }

    #[test]
    fn pictures_of_other_sizes_or_none_to_speak_of_are_not_compared() {
        assert_eq!(ssim(&waves(16, 16), &waves(16, 17)), None);
        assert_eq!(ssim(&waves(16, 7), &waves(16, 7)), None);
        assert_eq!(ssim(&waves(7, 16), &waves(7, 16)), None);
    }

    #[test]
    fn luminance_is_that_of_jpeg() {
        let of = |rgb| luminance(&RgbImage::from_pixel(1, 1, Rgb(rgb))).get_pixel(0, 0).0;
        assert_eq!(
            [of([255, 255, 255]), of([255, 0, 0]), of([0, 255, 0]), of([0, 0, 255])],
            [[255], [76], [150], [29]]
        );
    }
}
