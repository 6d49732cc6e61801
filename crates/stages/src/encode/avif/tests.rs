//! What comes out, read by a decoder of other people.

use image::{Rgb, RgbImage, Rgba, RgbaImage, imageops};
use photo_core::{
    pipeline::{Background, OutputFormat},
    upload_format::RefusedFormat,
};
use photo_jpeg::Plane;

use super::*;
use crate::{
    encode::{Encoding, encoded},
    pixels::Pixels,
    planes::Planes,
    samples::{self, alike, likeness, quarter_colours, quarters},
    source::Source,
};

fn made(picture: &RgbImage, quality_percent: u8, effort: Effort) -> Vec<u8> {
    avif(&Planes::of_rgb(picture).unwrap().picture().unwrap(), None, quality_percent, effort, None).unwrap()
}

/// Soft shapes of all sizes, and some grain.
fn photo(width: u32, height: u32) -> RgbImage {
    let shapes =
        imageops::resize(&samples::noise(width / 20, height / 20), width, height, imageops::FilterType::CatmullRom);
    let grain = samples::noise(width, height);
    RgbImage::from_fn(width, height, |x, y| {
        let (shape, grain) = (shapes.get_pixel(x, y).0, grain.get_pixel(x, y).0);
        Rgb([0, 1, 2].map(|channel| shape[channel].saturating_add(grain[0] / 16)))
    })
}

#[test]
fn pixels_of_every_size_are_read_back() {
    for (width, height) in [(1, 1), (1, 9), (2, 2), (7, 15), (16, 16), (65, 64), (77, 50), (301, 130)] {
        let picture = quarters(width, height);
        for effort in [Effort::Fast, Effort::Balanced, Effort::Best] {
            let file = made(&picture, 90, effort);
            assert_eq!(RefusedFormat::sniff(&file), Some(RefusedFormat::Avif));
            let seen = samples::avif::pixels(&file);
            assert_eq!(seen.dimensions(), (width, height));
            if width.min(height) > 2 {
                for (seen, expected) in quarter_colours(&seen).into_iter().zip(quarter_colours(&picture)) {
                    assert!(alike(seen, expected), "{width}x{height}, {effort:?}: {seen:?} is not {expected:?}");
                }
            }
        }
    }
}

#[test]
fn a_gray_picture_stays_gray() {
    let gray = RgbImage::from_fn(90, 70, |x, _| Rgb([u8::try_from(2 * x).unwrap(); 3]));
    let original = samples::gray_jpeg(&gray);
    let pipeline = samples::pipeline(Vec::new());
    let mut source = Source::new(&pipeline, &original);
    let planes = source.decoded().unwrap().picture.on(Background::default());
    let picture = planes.picture().unwrap();
    assert!(picture.chroma.is_none());
    let file = avif(&picture, None, 95, Effort::Balanced, None).unwrap();
    let seen = samples::avif::pixels(&file);
    assert!(seen.pixels().zip(gray.pixels()).all(|(seen, given)| alike(seen.0, given.0)));
}

#[test]
fn alpha_is_beside_colours_that_are_not_multiplied_by_it() {
    for (width, height) in [(1, 1), (33, 20), (150, 91)] {
        let alpha = |x: u32, y: u32| match (2 * x < width, 2 * y < height) {
            (true, true) => 255,
            (false, true) => 0,
            (true, false) => 90,
            (false, false) => 200,
        };
        let colours = quarters(width, height);
        let pixels = RgbaImage::from_fn(width, height, |x, y| {
            let [red, green, blue] = colours.get_pixel(x, y).0;
            Rgba([red, green, blue, alpha(x, y)])
        });
        for effort in [Effort::Fast, Effort::Balanced] {
            let picture = crate::picture::Picture::of(&Pixels::Rgba(pixels.clone())).unwrap();
            let encoding =
                Encoding { format: OutputFormat::Avif, quality_percent: 90, effort, background: Background::default() };
            let file = encoded(&picture, encoding, None).unwrap();
            let seen = samples::avif::alpha(&file).expect("alpha");
            let furthest = seen.enumerate_pixels().map(|(x, y, seen)| seen.0[0].abs_diff(alpha(x, y))).max();
            assert!(furthest <= Some(16), "{width}x{height}, {effort:?}: {furthest:?}");
            let (seen, given) = (quarter_colours(&samples::avif::pixels(&file)), quarter_colours(&colours));
            for place in [0, 2, 3] {
                assert!(width == 1 || alike(seen[place], given[place]), "{width}x{height}: {seen:?} at {place}");
            }
        }
    }
    assert_eq!(samples::avif::alpha(&made(&quarters(20, 20), 90, Effort::Fast)), None);
}

#[test]
fn a_quality_looks_about_as_in_a_jpeg_and_takes_fewer_bytes() {
    let picture = photo(400, 300);
    let planes = Planes::of_rgb(&picture).unwrap();
    let mut before = 0.0;
    for quality in [30, 60, 80, 95] {
        let jpeg = photo_jpeg::encode(&planes.picture().unwrap(), quality, photo_jpeg::Coding::Sampled).unwrap();
        let of_jpeg = likeness(&picture, &image::load_from_memory(&jpeg).unwrap().into_rgb8());
        let file = made(&picture, quality, Effort::Balanced);
        let of_avif = likeness(&picture, &samples::avif::pixels(&file));
        assert!((of_avif - of_jpeg).abs() < 0.25 * (1.0 - of_jpeg) + 0.02, "{quality}: {of_avif}, JPEG {of_jpeg}");
        assert!(file.len() < jpeg.len(), "{quality}: {} and {}", file.len(), jpeg.len());
        assert!(of_avif > before, "{quality}: {of_avif} after {before}");
        before = of_avif;
    }
}

#[test]
fn more_effort_makes_fewer_bytes() {
    let picture = photo(600, 400);
    let bytes = [Effort::Fast, Effort::Balanced, Effort::Best].map(|effort| made(&picture, 80, effort).len());
    assert!(bytes[0] > bytes[1] && bytes[0] > bytes[2], "{bytes:?}");
}

#[test]
fn a_higher_quality_is_never_quantized_more() {
    let all: Vec<u8> = (1..=100).map(quantizer).collect();
    assert!(all.is_sorted_by(|coarse, fine| coarse >= fine), "{all:?}");
    assert_eq!((quantizer(0), quantizer(1), quantizer(80), quantizer(255)), (255, 255, 104, quantizer(100)));
    assert_eq!(quantizer(85), 85, "half way from 104 to 67, rounded down");
}

#[test]
fn a_side_that_no_avif_can_have_is_the_photos_fault() {
    let samples = vec![90; 65_536];
    let side = |width| {
        let luma = Plane { samples: &samples[..length(width)], stride: length(width) };
        avif(&Picture { width, height: 1, luma, chroma: None }, None, 50, Effort::Fast, None)
    };
    assert_eq!(side(65_536), Err(Fault::SideTooLong { max: 65_535 }));
    assert_eq!(samples::avif::told_size(&side(65_535).unwrap()), (65_535, 1));
}
