//! Colours of a profile become those of sRGB: outputs carry no profile, and every reader takes them for that.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use photo_core::upload_format::UploadFormat;

use crate::{icc, pixels::Pixels};

/// The colour space of a photo's red, green and blue, or of its four inks, where its file says that it is another than sRGB. A
/// profile that can't be read is none: the photo is one all the same.
pub(crate) fn other_than(original: &[u8], format: UploadFormat) -> Option<Box<ColorProfile>> {
    let profile = icc::profile(original, format)?;
    if icc::name(&profile).is_some_and(|name| icc::is_srgb(&name)) {
        return None;
    }
    let profile = ColorProfile::new_from_slice(&profile).ok()?;
    matches!(profile.color_space, DataColorSpace::Rgb | DataColorSpace::Cmyk).then(|| Box::new(profile))
}

/// The same picture in sRGB; as it was where the profile is of inks, or its tables lead nowhere.
pub(crate) fn converted(mut pixels: Pixels, profile: &ColorProfile) -> Pixels {
    // Four samples of a pixel would be taken for its inks.
    if profile.color_space == DataColorSpace::Rgb {
        let width = pixels.dimensions().width;
        match &mut pixels {
            Pixels::Rgb(samples) => convert(samples, 3 * width, Layout::Rgb, profile),
            Pixels::Rgba(samples) => convert(samples, 4 * width, Layout::Rgba, profile),
        }
    }
    pixels
}

fn convert(samples: &mut [u8], row_bytes: u32, layout: Layout, profile: &ColorProfile) {
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default()) else {
        return;
    };
    let row_bytes = usize::try_from(row_bytes).unwrap_or(usize::MAX).max(1);
    let mut given = vec![0; row_bytes];
    for row in samples.chunks_exact_mut(row_bytes) {
        given.copy_from_slice(row);
        // It refuses nothing but rows of another length than these.
        if transform.transform(&given, row).is_err() {
            row.copy_from_slice(&given);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        decode::{self, Reading},
        samples,
    };
    use image::{Rgb, RgbImage};

    fn shown(original: &[u8]) -> [u8; 3] {
        let header = decode::header(original).unwrap();
        let decoded = decode::decoded(original, &header, Reading { eighths: 8, is_exact: false }).unwrap();
        samples::on_white(&decoded.picture).get_pixel(16, 16).0
    }

    #[test]
    fn colours_of_another_space_are_shown_as_they_are_meant() {
        let picture = RgbImage::from_pixel(32, 32, Rgb([200, 60, 60]));
        let wide = ColorProfile::new_display_p3().encode().unwrap();
        let jpeg = samples::jpeg(&picture);
        let png = image::DynamicImage::ImageRgb8(picture.clone());
        // By the formulas of CSS Color 4 for display-p3.
        let expected = [217, 42, 52];
        let jpeg_of_wide = samples::jpeg_with_profile(&jpeg, &wide);
        for original in [jpeg_of_wide, samples::png_with_profile(&png, wide)] {
            let seen = shown(&original);
            assert!(seen.iter().zip(expected).all(|(seen, expected)| seen.abs_diff(expected) <= 4), "{seen:?}");
        }
        assert!(samples::alike(shown(&jpeg), [200, 60, 60]));
    }

    #[test]
    fn a_profile_that_is_srgb_or_leads_nowhere_changes_nothing() {
        let jpeg = samples::jpeg(&RgbImage::from_pixel(32, 32, Rgb([200, 60, 60])));
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        let profiles =
            [samples::icc::profile("sRGB IEC61966-2.1"), samples::icc::profile("Broken"), vec![7; 200], srgb];
        for profile in profiles {
            let seen = shown(&samples::jpeg_with_profile(&jpeg, &profile));
            assert!(samples::alike(seen, [200, 60, 60]), "{seen:?}");
        }
    }

    #[test]
    fn pieces_that_make_no_profile_are_none() {
        let jpeg = samples::jpeg(&RgbImage::from_pixel(32, 32, Rgb([200, 60, 60])));
        let wide = ColorProfile::new_display_p3().encode().unwrap();
        let (first, second) = wide.split_at(wide.len() / 2);
        let pieces: [&[(u8, u8, &[u8])]; 6] = [
            &[(1, 2, first), (1, 2, second)],
            &[(0, 2, first), (1, 2, second)],
            &[(1, 3, first), (2, 3, second)],
            &[(2, 2, second)],
            &[(1, 1, &[])],
            &[(1, 0, &wide)],
        ];
        for pieces in pieces {
            let seen = shown(&samples::jpeg_with_profile_pieces(&jpeg, pieces));
            assert!(samples::alike(seen, [200, 60, 60]), "{seen:?}");
        }
        let backwards = samples::jpeg_with_profile_pieces(&jpeg, &[(1, 2, first), (2, 2, second)]);
        assert!(!samples::alike(shown(&backwards), [200, 60, 60]), "their numbers give the order");
    }
}
