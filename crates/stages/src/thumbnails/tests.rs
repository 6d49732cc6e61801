use image::{Rgb, RgbImage, imageops};
use photo_core::{
    image_format::ImageFormat,
    pipeline::{Fit, OutputFormat},
};

use super::*;
use crate::{
    planes::Planes,
    samples::{self, BLUE, ExifEnd, GREEN, RED, alike, quarter_colours, quarters},
    source::Needs,
};

/// The thumbnails of an upload, decoded again.
fn thumbnails(original: &[u8], sizes: Vec<ThumbnailSize>) -> Vec<(Output, RgbImage)> {
    let spec = ThumbnailsSpec { sizes: sizes.clone(), quality_percent: 90, ..ThumbnailsSpec::default() };
    let pipeline = samples::pipeline(sizes);
    let mut source = Source::new(&pipeline, original);
    source.expect(Needs::of(pipeline.stages.iter().map(|stage| &stage.kind)));
    let mut outputs = Vec::new();
    make(&mut source, &spec, &mut |output| outputs.push(output)).unwrap();
    let decode = |output: &Output| image::load_from_memory(&output.bytes).unwrap().into_rgb8();
    outputs.into_iter().map(|output| (output.clone(), decode(&output))).collect()
}

#[test]
fn all_eight_orientations_are_shown_upright() {
    let stored = samples::jpeg(&quarters(400, 200));
    for (number, expected) in (1..).zip(samples::SEEN) {
        let original = samples::jpeg_with_exif(&stored, &samples::exif(number, ExifEnd::Proper));
        let sizes = vec![samples::size(100, 80, Fit::Inside), samples::size(60, 40, Fit::Cover)];
        let made = thumbnails(&original, sizes);
        let inside = if number < 5 { (100, 50) } else { (40, 80) };
        assert_eq!(made.len(), 2);
        for (output, picture) in made {
            let expected_size = if output.name.as_str().ends_with("cover") { (60, 40) } else { inside };
            assert_eq!(picture.dimensions(), expected_size, "orientation {number}");
            assert_eq!((output.width, output.height), expected_size);
            for (seen, expected) in quarter_colours(&picture).into_iter().zip(expected) {
                assert!(alike(seen, expected), "orientation {number}: {seen:?} is not {expected:?}");
            }
        }
    }
}

#[test]
fn thumbnails_come_largest_first_with_the_promised_dimensions() {
    let original = samples::jpeg(&samples::noise(1000, 333));
    let sizes = vec![
        samples::size(150, 150, Fit::Inside),
        samples::size(600, 600, Fit::Inside),
        samples::size(300, 300, Fit::Cover),
        samples::size(2000, 2000, Fit::Inside),
    ];
    let source = Dimensions { width: 1000, height: 333 };
    let made = thumbnails(&original, sizes.clone());
    let names: Vec<_> = made.iter().map(|(output, _)| output.name.as_str()).collect();
    assert_eq!(names, ["2000x2000-inside", "300x300-cover", "600x600-inside", "150x150-inside"]);
    for (output, picture) in made {
        let size = sizes.iter().find(|size| size.name == output.name).unwrap();
        let promised = crate::thumbnail_dimensions(source, size);
        assert_eq!(picture.dimensions(), (promised.width, promised.height), "{}", output.name);
    }
}

#[test]
fn a_thumbnail_is_what_reducing_the_whole_photo_at_once_gives() {
    // Odd sides, so that a picture that is reduced in steps would slip if the steps were not exact.
    let picture = RgbImage::from_fn(1237, 811, |x, y| {
        let wave = |along: u32, length: u32| {
            let phase = along % (2 * length);
            u8::try_from(phase.min(2 * length - phase) * 255 / length).unwrap()
        };
        Rgb([wave(x, 313), wave(y, 271), wave(x + y, 397)])
    });
    for original in [samples::jpeg(&picture), samples::bmp(&picture)] {
        let sizes = [600, 300, 150, 70].map(|side| samples::size(side, side, Fit::Inside));
        let pipeline = samples::pipeline(sizes.to_vec());
        let mut source = Source::new(&pipeline, &original);
        source.expect(Needs::of(pipeline.stages.iter().map(|stage| &stage.kind)));
        let stored = source.header().unwrap().stored;
        let mut shrinking = Shrinking::new(source.decoded().unwrap());
        for bounds in sizes.iter().map(Bounds::from) {
            let Dimensions { width, height } = bounds.dimensions(stored);
            shrinking.shrink_towards(bounds.ratio(stored).value());
            let stepwise = shrinking.cut(bounds.region(stored), bounds.dimensions(stored)).unwrap();
            let stepwise = samples::on_white(&stepwise);
            let direct = imageops::resize(&picture, width, height, imageops::FilterType::Lanczos3);
            // Its colours at half their resolution, as those of every output.
            let direct = Planes::of_rgb(&direct).unwrap().to_rgb();
            let difference: u64 = stepwise.iter().zip(direct.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            let values = stepwise.len() as u64;
            assert!(difference < values, "{width} × {height}: {difference} in {values} values");
        }
    }
}

#[test]
fn very_long_and_very_small_photos_have_thumbnails() {
    for (width, height, thumbnail) in [(1, 1, (1, 1)), (1, 5000, (1, 150)), (5000, 1, (150, 1)), (3, 7, (3, 7))] {
        let picture = RgbImage::from_pixel(width, height, Rgb(BLUE));
        for original in [samples::jpeg(&picture), samples::bmp(&picture)] {
            let made = thumbnails(&original, vec![samples::size(150, 150, Fit::Inside)]);
            assert_eq!(made[0].1.dimensions(), thumbnail);
            assert!(alike(made[0].1.get_pixel(0, 0).0, BLUE), "{:?}", made[0].1.get_pixel(0, 0));
        }
    }
}

#[test]
fn a_cover_shows_the_middle_of_the_photo() {
    let mut picture = RgbImage::from_pixel(900, 300, Rgb(RED));
    for (x, _, pixel) in picture.enumerate_pixels_mut() {
        if (300..600).contains(&x) {
            *pixel = Rgb(GREEN);
        }
    }
    for original in [samples::jpeg(&picture), samples::bmp(&picture)] {
        let made = thumbnails(&original, vec![samples::size(100, 100, Fit::Cover)]);
        let (_, thumbnail) = &made[0];
        for (x, y) in [(3, 50), (50, 50), (96, 50), (50, 3), (50, 96)] {
            let seen = thumbnail.get_pixel(x, y).0;
            assert!(alike(seen, GREEN), "{seen:?} at {x}, {y}");
        }
    }
}

#[test]
fn a_pattern_finer_than_the_thumbnail_becomes_its_mean() {
    let stripes = RgbImage::from_fn(2048, 1023, |x, _| Rgb([if x % 2 == 0 { 0 } else { 255 }; 3]));
    let sizes = vec![samples::size(600, 600, Fit::Inside), samples::size(64, 64, Fit::Inside)];
    for (_, thumbnail) in thumbnails(&samples::bmp(&stripes), sizes) {
        for pixel in thumbnail.pixels() {
            assert!(pixel.0.iter().all(|value| value.abs_diff(128) < 24), "{pixel:?}");
        }
    }
}

#[test]
fn outputs_hold_nothing_of_the_originals_metadata() {
    let exif = samples::exif(6, ExifEnd::Proper);
    let original = samples::jpeg_with_exif(&samples::jpeg(&quarters(300, 200)), &exif);
    let made = thumbnails(&original, vec![samples::size(100, 100, Fit::Inside)]);
    let bytes = &made[0].0.bytes;
    let mut markers = bytes.windows(2).filter(|marker| matches!(marker, [0xFF, 0xE1..=0xEF | 0xFE]));
    assert_eq!(markers.next(), None);
    assert!(!bytes.windows(4).any(|it| it == b"Exif"));
}

#[test]
fn a_lower_quality_takes_fewer_bytes() {
    let original = samples::jpeg(&samples::noise(400, 400));
    let bytes = |quality_percent| {
        let sizes = vec![samples::size(300, 300, Fit::Inside)];
        let pipeline = samples::pipeline(sizes.clone());
        let mut source = Source::new(&pipeline, &original);
        let mut length = 0;
        let spec = ThumbnailsSpec { sizes, quality_percent, ..ThumbnailsSpec::default() };
        make(&mut source, &spec, &mut |it| length = it.bytes.len()).unwrap();
        length
    };
    assert!(bytes(40) < bytes(80));
}

#[test]
fn thumbnails_have_the_format_of_the_pipeline() {
    let picture = quarters(400, 200);
    for original in [samples::jpeg(&picture), samples::bmp(&picture)] {
        for format in [OutputFormat::Jpeg, OutputFormat::WebP, OutputFormat::Png, OutputFormat::Avif] {
            let sizes = vec![samples::size(101, 101, Fit::Inside)];
            let pipeline = samples::pipeline(sizes.clone());
            let spec = ThumbnailsSpec { sizes, format, ..ThumbnailsSpec::default() };
            let mut outputs = Vec::new();
            make(&mut Source::new(&pipeline, &original), &spec, &mut |output| outputs.push(output)).unwrap();
            assert_eq!(outputs[0].format, ImageFormat::from(format));
            let made = samples::seen(&outputs[0]);
            assert_eq!(made.dimensions(), (101, 51), "{format:?}");
            for (seen, expected) in quarter_colours(&made).into_iter().zip([RED, GREEN, BLUE, samples::YELLOW]) {
                assert!(alike(seen, expected), "{format:?}: {seen:?} is not {expected:?}");
            }
        }
    }
}

#[test]
fn what_is_transparent_stays_so_or_lies_on_the_background() {
    let mut picture = image::DynamicImage::ImageRgb8(quarters(400, 200)).into_rgba8();
    picture.pixels_mut().filter(|pixel| pixel.0[..3] == GREEN).for_each(|pixel| pixel.0[3] = 0);
    let upright = samples::webp(&picture);
    let turned = samples::webp_with_exif(&picture, &samples::exif(6, ExifEnd::Proper));
    for (original, empty) in [(upright, 1), (turned, 3)] {
        for format in [OutputFormat::Jpeg, OutputFormat::WebP, OutputFormat::Png] {
            let sizes = vec![samples::size(101, 101, Fit::Inside)];
            let pipeline = samples::pipeline(sizes.clone());
            let background = "#8000ff".parse().unwrap();
            let spec = ThumbnailsSpec { sizes, format, background, quality_percent: 95 };
            let mut outputs = Vec::new();
            make(&mut Source::new(&pipeline, &original), &spec, &mut |output| outputs.push(output)).unwrap();
            let made = image::load_from_memory(&outputs[0].bytes).unwrap();
            let alphas = imageops::resize(&made.to_rgba8(), 2, 2, imageops::FilterType::Nearest);
            let is_empty: Vec<bool> = alphas.pixels().map(|pixel| pixel.0[3] < 16).collect();
            let expected: Vec<bool> = (0..4).map(|place| place == empty && format != OutputFormat::Jpeg).collect();
            assert_eq!(is_empty, expected, "{format:?}");
            if format == OutputFormat::Jpeg {
                let seen = quarter_colours(&made.into_rgb8())[empty];
                assert!(alike(seen, [0x80, 0, 0xFF]), "{empty}: {seen:?}");
            }
        }
    }
}
