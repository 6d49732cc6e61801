//! Colours as sRGB means them, and how far two pictures are apart in them.

use anyhow::anyhow;
use image::RgbImage;
use moxcms::{ColorProfile, Layout, TransformOptions};

/// The picture with its colours in sRGB, where `profile` says what they are now.
///
/// # Errors
/// Where the profile is none, or not one of red, green and blue.
pub(crate) fn in_srgb(picture: RgbImage, profile: Option<&[u8]>) -> anyhow::Result<RgbImage> {
    let Some(profile) = profile else { return Ok(picture) };
    let from = ColorProfile::new_from_slice(profile)?;
    let transform =
        from.create_transform_8bit(Layout::Rgb, &ColorProfile::new_srgb(), Layout::Rgb, TransformOptions::default())?;
    let (width, height) = picture.dimensions();
    let mut pixels = vec![0; picture.as_raw().len()];
    transform.transform(picture.as_raw(), &mut pixels)?;
    RgbImage::from_raw(width, height, pixels).ok_or_else(|| anyhow!("a transform has changed the number of pixels"))
}

/// The mean red, green and blue of a picture: what stays as it is when it is reduced.
pub(crate) fn mean(picture: &RgbImage) -> [f64; 3] {
    let mut sums = [0.0_f64; 3];
    for row in picture.rows() {
        let mut of_row = [0_u32; 3];
        for pixel in row {
            for (sum, value) in of_row.iter_mut().zip(pixel.0) {
                *sum += u32::from(value);
            }
        }
        for (sum, of_row) in sums.iter_mut().zip(of_row) {
            *sum += f64::from(of_row);
        }
    }
    let pixels = f64::from(picture.width()) * f64::from(picture.height());
    sums.map(|sum| sum / pixels)
}

/// The greatest difference of one of the three.
pub(crate) fn difference(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn a_mean_is_that_of_each_channel() {
        let mut picture = RgbImage::from_pixel(2, 1, Rgb([10, 20, 30]));
        picture.put_pixel(1, 0, Rgb([20, 20, 255]));
        assert!(difference(mean(&picture), [15.0, 20.0, 142.5]) < 1e-9);
        assert!((difference([1.0, 2.0, 3.0], [2.0, 0.5, 3.0]) - 1.5).abs() < 1e-9);
    }

    #[test]
    fn a_wide_profile_makes_srgb_stronger() {
        let wide = ColorProfile::new_adobe_rgb().encode().unwrap();
        let green = RgbImage::from_pixel(4, 4, Rgb([90, 160, 80]));
        let seen = in_srgb(green.clone(), Some(&wide)).unwrap().get_pixel(0, 0).0;
        assert!(seen[0] < 80, "{seen:?}");
        assert_eq!(in_srgb(green.clone(), None).unwrap(), green);
        assert!(in_srgb(green, Some(&[1, 2, 3])).is_err());
    }
}
