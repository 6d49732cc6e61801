//! Four inks become three colours: by the profile of the file, which says what its inks look like, or else by the rule that every
//! ink takes its colour away.

use image::RgbImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::failure::Fault;

/// A picture in cyan, magenta, yellow and black as JPEGs hold it: 255 is no ink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inks {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Four for each pixel.
    pub(crate) samples: Vec<u8>,
}

impl Inks {
    /// The picture in sRGB. A profile of something else than four inks, or whose tables lead nowhere, is none.
    pub(crate) fn to_rgb(&self, profile: Option<&ColorProfile>) -> Result<RgbImage, Fault> {
        let profile = profile.filter(|profile| profile.color_space == DataColorSpace::Cmyk);
        let pixels = profile.and_then(|profile| self.by(profile)).unwrap_or_else(|| self.by_rule());
        RgbImage::from_raw(self.width, self.height, pixels)
            .ok_or_else(|| Fault::NotMade { detail: "inks do not fill their picture".to_owned() })
    }

    fn by(&self, profile: &ColorProfile) -> Option<Vec<u8>> {
        let srgb = ColorProfile::new_srgb();
        // Four samples of a pixel, whatever they are, are called Rgba there.
        let transform =
            profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgb, TransformOptions::default()).ok()?;
        let row = usize::try_from(self.width).ok()?;
        let mut pixels = vec![0; self.samples.len() / 4 * 3];
        let mut inks = vec![0; row * 4];
        for (colours, samples) in pixels.chunks_exact_mut(row * 3).zip(self.samples.chunks_exact(row * 4)) {
            inks.iter_mut().zip(samples).for_each(|(ink, sample)| *ink = u8::MAX - sample);
            transform.transform(&inks, colours).ok()?;
        }
        Some(pixels)
    }

    fn by_rule(&self) -> Vec<u8> {
        let mut rgb = Vec::with_capacity(self.samples.len() / 4 * 3);
        for [cyan, magenta, yellow, black] in self.samples.as_chunks::<4>().0 {
            rgb.extend([cyan, magenta, yellow].map(|ink| under(*ink, *black)));
        }
        rgb
    }
}

fn under(ink: u8, black: u8) -> u8 {
    u8::try_from((u32::from(ink) * u32::from(black) + 127) / 255).unwrap_or(255)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        decode::{self, Reading},
        samples,
    };

    fn rgb(samples: &[u8], profile: Option<&ColorProfile>) -> Vec<u8> {
        let width = u32::try_from(samples.len() / 4).unwrap();
        Inks { width, height: 1, samples: samples.to_vec() }.to_rgb(profile).unwrap().into_raw()
    }

    #[test]
    fn without_a_profile_inks_multiply_with_black() {
        assert_eq!(rgb(&[255, 255, 255, 255, 0, 255, 255, 255], None), [255, 255, 255, 0, 255, 255]);
        assert_eq!(rgb(&[255, 255, 255, 0, 255, 128, 0, 128], None), [0, 0, 0, 128, 64, 0]);
    }

    #[test]
    fn a_profile_says_what_its_inks_look_like() {
        let press = samples::icc::inks();
        let profile = ColorProfile::new_from_slice(&press).unwrap();
        // On this press cyan is gray: L* 50 is 119 in sRGB.
        let seen = rgb(&[255, 255, 255, 255, 0, 255, 255, 255], Some(&profile));
        assert!(seen.iter().zip([255, 255, 255, 119, 119, 119]).all(|(a, b)| a.abs_diff(b) <= 3), "{seen:?}");
        let original = samples::jpeg_with_profile(&samples::cmyk_jpeg(32, 32, [0, 255, 255, 255]), &press);
        let header = decode::header(&original).unwrap();
        for (eighths, is_exact) in [(8, false), (8, true), (4, false)] {
            let decoded = decode::decoded(&original, &header, Reading { eighths, is_exact }).unwrap();
            let seen = samples::on_white(&decoded.picture).get_pixel(8, 8).0;
            assert!(samples::alike(seen, [119, 119, 119]), "{seen:?}");
        }
    }

    #[test]
    fn a_profile_of_other_colours_is_none() {
        let srgb = ColorProfile::new_srgb();
        assert_eq!(rgb(&[0, 255, 255, 255], Some(&srgb)), [0, 255, 255]);
        let original = samples::jpeg_with_profile(&samples::jpeg(&samples::quarters(32, 32)), &samples::icc::inks());
        let header = decode::header(&original).unwrap();
        let seen = decode::decoded(&original, &header, Reading { eighths: 8, is_exact: false }).unwrap();
        let colours = samples::quarter_colours(&samples::on_white(&seen.picture));
        assert!(samples::alike(colours[0], samples::RED), "{colours:?}");
    }
}
