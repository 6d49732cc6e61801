use image::{DynamicImage, ImageBuffer, Luma, Rgb, RgbImage, Rgba, RgbaImage, imageops};
use photo_core::pipeline::{Effort, StageKind};

use super::*;
use crate::samples::{
    self, BLUE, ExifEnd, GREEN, RED, YELLOW, alike,
    exif::{ByteOrder, LATITUDE_SECONDS, of_a_camera},
    quarter_colours, quarters,
};

fn optimized(original: &[u8], quality_percent: u8) -> Result<(Output, RgbImage), Fault> {
    with(original, OptimizationSpec { quality_percent, ..OptimizationSpec::default() })
}

fn with(original: &[u8], spec: OptimizationSpec) -> Result<(Output, RgbImage), Fault> {
    let output = make(&mut Source::new(&samples::stages([StageKind::Optimization(spec)]), original), spec)?;
    let picture = image::load_from_memory(&output.bytes).unwrap().into_rgb8();
    assert_eq!(picture.dimensions(), (output.width, output.height));
    Ok((output, picture))
}

#[test]
fn all_eight_orientations_are_shown_upright() {
    let stored = samples::jpeg(&quarters(410, 206));
    for (number, expected) in (1..).zip(samples::SEEN) {
        let original = samples::jpeg_with_exif(&stored, &samples::exif(number, ExifEnd::Proper));
        let (output, picture) = optimized(&original, 90).unwrap();
        assert_eq!(picture.dimensions(), if number < 5 { (410, 206) } else { (206, 410) }, "orientation {number}");
        assert_eq!((output.name, output.role), (VariantName::optimized(), VariantRole::Optimized));
        for (seen, expected) in quarter_colours(&picture).into_iter().zip(expected) {
            assert!(alike(seen, expected), "orientation {number}: {seen:?} is not {expected:?}");
        }
    }
}

#[test]
fn every_way_of_storing_colours_becomes_the_same_jpeg() {
    let picture = quarters(64, 64);
    let colours = [RED, GREEN, BLUE, YELLOW];
    let rgba = DynamicImage::ImageRgb8(picture.clone()).into_rgba8();
    let mut on_nothing = rgba.clone();
    on_nothing.pixels_mut().filter(|pixel| pixel.0[..3] == YELLOW).for_each(|pixel| pixel.0 = [9, 9, 9, 0]);
    let white_quarter = [RED, GREEN, BLUE, [255; 3]];
    let deep = DynamicImage::ImageRgb8(picture.clone()).into_rgb16();
    let originals = [
        ("jpeg", samples::jpeg(&picture), colours),
        ("progressive jpeg", samples::progressive_jpeg(&picture), colours),
        ("cmyk jpeg", samples::cmyk_jpeg(64, 64, [255, 128, 0, 255]), [[255, 128, 0]; 4]),
        ("gray jpeg", samples::gray_jpeg(&RgbImage::from_pixel(64, 64, Rgb([90; 3]))), [[90; 3]; 4]),
        ("16-bit png", samples::png(&DynamicImage::ImageRgb16(deep)), colours),
        ("palette png", samples::palette_png(64, colours, &[]), colours),
        ("palette png with a hole", samples::palette_png(64, colours, &[255, 255, 255, 0]), white_quarter),
        ("rgba png", samples::png(&DynamicImage::ImageRgba8(on_nothing.clone())), white_quarter),
        (
            "gray png",
            samples::png(&DynamicImage::ImageLuma8(ImageBuffer::from_pixel(64, 64, Luma([90])))),
            [[90; 3]; 4],
        ),
        ("webp", samples::webp(&rgba), colours),
        ("rgba webp", samples::webp(&on_nothing), white_quarter),
        ("gif", samples::gif(std::slice::from_ref(&picture)), colours),
        ("bmp", samples::bmp(&picture), colours),
    ];
    for (name, original, expected) in originals {
        let (output, seen) = optimized(&original, 90).unwrap();
        assert_eq!(ImageFormat::sniff(&output.bytes), Some(ImageFormat::Jpeg), "{name}");
        assert_eq!(seen.dimensions(), (64, 64), "{name}");
        for (seen, expected) in quarter_colours(&seen).into_iter().zip(expected) {
            assert!(alike(seen, expected), "{name}: {seen:?} is not {expected:?}");
        }
    }
}

#[test]
fn it_is_the_whole_picture_and_not_an_enlarged_part_of_it() {
    let picture = imageops::resize(&samples::noise(23, 17), 613, 405, imageops::FilterType::Triangle);
    let (_, seen) = optimized(&samples::bmp(&picture), 95).unwrap();
    let difference: u64 = seen.iter().zip(picture.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(difference < 2 * seen.len() as u64, "{difference} in {} values", seen.len());
}

#[test]
fn it_holds_nothing_of_the_originals_metadata() {
    for order in [ByteOrder::Big, ByteOrder::Little] {
        let block = of_a_camera().write(order, ExifEnd::Proper);
        let jpeg =
            samples::jpeg_with_profile(&samples::jpeg(&quarters(300, 200)), &samples::icc::profile("Display P3"));
        let rgba = RgbaImage::from_pixel(30, 20, Rgba([1, 2, 3, 255]));
        for original in [samples::jpeg_with_exif(&jpeg, &block), samples::webp_with_exif(&rgba, &block)] {
            let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|it| it == part);
            let places = [LATITUDE_SECONDS.to_be_bytes(), LATITUDE_SECONDS.to_le_bytes()];
            assert!(places.iter().any(|place| holds(&original, place)));
            let (output, _) = optimized(&original, 80).unwrap();
            assert!(!places.iter().any(|place| holds(&output.bytes, place)));
            assert!(!output.bytes.windows(2).any(|marker| matches!(marker, [0xFF, 0xE1..=0xEF | 0xFE])));
        }
    }
}

#[test]
fn a_lower_quality_takes_fewer_bytes() {
    let original = samples::jpeg(&samples::noise(200, 200));
    let bytes = |quality_percent| optimized(&original, quality_percent).unwrap().0.bytes.len();
    assert!(bytes(40) < bytes(80));
    assert!(bytes(80) < original.len());
}

#[test]
fn more_effort_makes_fewer_bytes_of_the_same_pixels() {
    let picture = imageops::resize(&samples::noise(60, 60), 600, 1200, imageops::FilterType::Triangle);
    let original = samples::jpeg(&picture);
    let made = [Effort::Fast, Effort::Balanced, Effort::Best]
        .map(|effort| with(&original, OptimizationSpec { effort, ..OptimizationSpec::default() }).unwrap());
    assert!(made.iter().all(|(_, picture)| *picture == made[0].1));
    let bytes = made.map(|(output, _)| output.bytes.len());
    assert!(bytes.is_sorted_by(|more, fewer| more > fewer), "{bytes:?}");
}

#[test]
fn it_is_kept_where_it_is_larger_than_the_original() {
    let (smaller, _) = optimized(&samples::jpeg(&samples::noise(64, 64)), 20).unwrap();
    let (larger, _) = optimized(&smaller.bytes, 95).unwrap();
    assert!(larger.bytes.len() > smaller.bytes.len());
}

#[test]
fn colours_have_half_the_resolution_of_brightness() {
    let (output, _) = optimized(&samples::bmp(&quarters(64, 64)), 80).unwrap();
    let frame = output.bytes.windows(2).position(|marker| marker == [0xFF, 0xC0]).expect("a baseline frame");
    let sampling: Vec<u8> = (0..3).map(|component| output.bytes[frame + 11 + 3 * component]).collect();
    assert_eq!(sampling, [0x22, 0x11, 0x11]);
}

#[test]
fn a_side_that_no_jpeg_can_have_is_the_photos_fault() {
    let long = DynamicImage::ImageLuma8(ImageBuffer::from_pixel(65_501, 1, Luma([0])));
    assert_eq!(optimized(&samples::png(&long), 80).unwrap_err(), Fault::SideTooLong { max: 65_500 });
    let longest = DynamicImage::ImageLuma8(ImageBuffer::from_pixel(65_500, 1, Luma([0])));
    assert_eq!(optimized(&samples::png(&longest), 80).unwrap().1.width(), 65_500);
}

#[test]
fn a_cut_off_photo_is_refused() {
    let original = samples::jpeg(&samples::noise(96, 64));
    let fault = optimized(&original[..original.len() * 9 / 10], 80).unwrap_err();
    assert!(matches!(fault, Fault::CutOff { .. }), "{fault:?}");
}
