//! Every way of storing colour becomes 8-bit RGB without alpha, which is what outputs take.

use image::{DynamicImage, RgbImage};

/// The picture on a white ground: transparent parts are white in every output.
pub(crate) fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let (width, height) = (picture.width(), picture.height());
    let picture = picture.into_rgba8();
    let mut flat = RgbImage::new(width, height);
    for (target, source) in flat.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue, alpha] = source.0;
        target.0 = [red, green, blue].map(|value| over_white(value, alpha));
    }
    flat
}

fn over_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    let mixed = (value * alpha + 255 * (255 - alpha) + 127) / 255;
    u8::try_from(mixed).unwrap_or(255)
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    #[test]
    fn transparent_is_white_and_opaque_keeps_its_colour() {
        let cases = [
            ([10, 20, 30, 255], [10, 20, 30]),
            ([10, 20, 30, 0], [255, 255, 255]),
            ([0, 0, 0, 128], [127, 127, 127]),
            ([255, 0, 0, 51], [255, 204, 204]),
        ];
        for (given, flat) in cases {
            let picture = DynamicImage::ImageRgba8(RgbaImage::from_pixel(1, 1, Rgba(given)));
            assert_eq!(on_white(picture).get_pixel(0, 0).0, flat, "{given:?}");
        }
    }
}
