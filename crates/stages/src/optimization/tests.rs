use image::{DynamicImage, ImageBuffer, Luma, Rgb, RgbImage, Rgba, RgbaImage, imageops};
use photo_core::{
    image_format::ImageFormat,
    pipeline::{Effort, OptimizedFormat, StageKind},
    upload_format::UploadFormat,
};

use super::*;
use crate::{
    samples::{
        self, BLUE, ExifEnd, GREEN, RED, YELLOW, alike,
        exif::{ByteOrder, LATITUDE_SECONDS, of_a_camera},
        quarter_colours, quarters,
    },
    source::Needs,
};

fn optimized(original: &[u8], quality_percent: u8) -> Result<(Output, RgbImage), Fault> {
    with(original, OptimizationSpec { quality_percent, ..OptimizationSpec::default() })
}

fn with(original: &[u8], spec: OptimizationSpec) -> Result<(Output, RgbImage), Fault> {
    let pipeline = samples::stages([StageKind::Optimization(spec)]);
    let mut source = Source::new(&pipeline, original);
    source.expect(Needs::of(pipeline.stages.iter().map(|stage| &stage.kind)));
    let output = make(&mut source, spec)?;
    assert_eq!(source.decodes, 1);
    let picture = samples::seen(&output);
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
        assert_eq!(output.format, ImageFormat::Jpeg, "{name}");
        assert_eq!(seen.dimensions(), (64, 64), "{name}");
        for (seen, expected) in quarter_colours(&seen).into_iter().zip(expected) {
            assert!(alike(seen, expected), "{name}: {seen:?} is not {expected:?}");
        }
    }
}

#[test]
fn what_is_transparent_stays_so_or_lies_on_the_background() {
    let mut picture = DynamicImage::ImageRgb8(quarters(64, 64)).into_rgba8();
    picture.pixels_mut().filter(|pixel| pixel.0[..3] == YELLOW).for_each(|pixel| pixel.0[3] = 0);
    picture.pixels_mut().filter(|pixel| pixel.0[..3] == BLUE).for_each(|pixel| pixel.0[3] = 51);
    for original in [samples::png(&DynamicImage::ImageRgba8(picture.clone())), samples::webp(&picture)] {
        let made = |format, background: &str| {
            let background = background.parse().unwrap();
            let spec = OptimizationSpec { format, background, quality_percent: 95, ..OptimizationSpec::default() };
            image::load_from_memory(&with(&original, spec).unwrap().0.bytes).unwrap()
        };
        assert_eq!(made(OptimizedFormat::Png, "#ffffff").into_rgba8(), picture, "each pixel's own");
        let webp = made(OptimizedFormat::WebP, "#ffffff").into_rgba8();
        assert!(webp.pixels().zip(picture.pixels()).all(|(seen, given)| seen.0[3] == given.0[3]));
        assert!(alike(quarter_colours(&DynamicImage::ImageRgba8(webp).into_rgb8())[0], RED));
        let jpeg = made(OptimizedFormat::Jpeg, "#40ff80").into_rgb8();
        // A fifth of blue on it.
        let expected = [RED, GREEN, [55, 208, 146], [0x40, 0xFF, 0x80]];
        for (seen, expected) in quarter_colours(&jpeg).into_iter().zip(expected) {
            assert!(alike(seen, expected), "{seen:?} is not {expected:?}");
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

/// An upload of each format, of the same four quarters.
fn uploads(picture: &RgbImage) -> [(UploadFormat, Vec<u8>); 5] {
    let dynamic = DynamicImage::ImageRgb8(picture.clone());
    [
        (UploadFormat::Jpeg, samples::jpeg(picture)),
        (UploadFormat::Png, samples::png(&dynamic)),
        (UploadFormat::Gif, samples::gif(&[picture.clone(), RgbImage::new(picture.width(), picture.height())])),
        (UploadFormat::Webp, samples::webp(&dynamic.into_rgba8())),
        (UploadFormat::Bmp, samples::bmp(picture)),
    ]
}

fn in_format(original: &[u8], format: OptimizedFormat) -> Result<(Output, RgbImage), Fault> {
    with(original, OptimizationSpec { format, quality_percent: 90, ..OptimizationSpec::default() })
}

#[test]
fn each_format_is_made_of_each() {
    use ImageFormat::{Avif, Jpeg, Png, Webp};
    // A side that is odd, so that colours of half the resolution have one at their end.
    for (uploaded, original) in uploads(&quarters(77, 50)) {
        let kept = if matches!(uploaded, UploadFormat::Jpeg | UploadFormat::Webp) { uploaded.into() } else { Png };
        let formats = [
            (OptimizedFormat::Jpeg, Jpeg),
            (OptimizedFormat::WebP, Webp),
            (OptimizedFormat::Png, Png),
            (OptimizedFormat::Avif, Avif),
            (OptimizedFormat::Original, kept),
        ];
        for (format, made) in formats {
            let (output, picture) = in_format(&original, format).unwrap();
            assert_eq!(output.format, made, "{uploaded} as {format:?}");
            assert_eq!(picture.dimensions(), (77, 50), "{uploaded} as {format:?}");
            for (seen, expected) in quarter_colours(&picture).into_iter().zip([RED, GREEN, BLUE, YELLOW]) {
                assert!(alike(seen, expected), "{uploaded} as {format:?}: {seen:?} is not {expected:?}");
            }
        }
    }
}

#[test]
fn a_png_of_a_lossless_upload_has_its_exact_pixels() {
    let picture = samples::noise(41, 27);
    let dynamic = DynamicImage::ImageRgb8(picture.clone());
    let deep = samples::png(&DynamicImage::ImageRgb16(dynamic.to_rgb16()));
    let opaque = dynamic.to_rgba8();
    let originals = [
        samples::png(&dynamic),
        deep,
        samples::png(&opaque.clone().into()),
        samples::webp(&opaque),
        samples::bmp(&picture),
    ];
    for original in originals {
        for effort in [Effort::Fast, Effort::Balanced, Effort::Best] {
            let spec = OptimizationSpec { format: OptimizedFormat::Png, effort, ..OptimizationSpec::default() };
            assert!(with(&original, spec).unwrap().1 == picture);
        }
    }
}

#[test]
fn a_png_has_the_exact_pixels_of_a_photo_that_is_turned() {
    for (width, height) in [(40, 26), (41, 26)] {
        let picture = samples::noise(width, height);
        for number in 1..=8_u16 {
            let png = samples::png(&DynamicImage::ImageRgb8(picture.clone()));
            let original = samples::png_with_exif(&png, &samples::exif(number, ExifEnd::Proper));
            let orientation = image::metadata::Orientation::from_exif(u8::try_from(number).unwrap()).unwrap();
            let (output, made) = in_format(&original, OptimizedFormat::Original).unwrap();
            assert_eq!(output.format, ImageFormat::Png);
            let mut expected = DynamicImage::ImageRgb8(picture.clone());
            expected.apply_orientation(orientation);
            assert!(made == expected.into_rgb8(), "orientation {number}");
        }
    }
}

#[test]
fn colours_keep_their_resolution_only_for_a_png() {
    // What planes of half the width and height can't hold.
    let stripes = RgbImage::from_fn(64, 64, |x, _| Rgb(if x % 2 == 0 { RED } else { BLUE }));
    let original = samples::jpeg(&stripes);
    let is_kept = |format| {
        let (_, made) = in_format(&original, format).unwrap();
        made.pixels().zip(stripes.pixels()).all(|(made, given)| alike(made.0, given.0))
    };
    assert!(is_kept(OptimizedFormat::Png));
    assert!(!is_kept(OptimizedFormat::Jpeg));
    assert!(!is_kept(OptimizedFormat::WebP));
    assert!(!is_kept(OptimizedFormat::Avif));
}

#[test]
fn quality_and_effort_of_a_webp_are_libwebps() {
    let picture = imageops::resize(&samples::noise(60, 40), 300, 200, imageops::FilterType::Triangle);
    let original = samples::bmp(&picture);
    let bytes = |quality_percent, effort| {
        let format = OptimizedFormat::WebP;
        let spec = OptimizationSpec { format, quality_percent, effort, ..OptimizationSpec::default() };
        with(&original, spec).unwrap().0.bytes.len()
    };
    let [low, high] = [40, 90].map(|quality| bytes(quality, Effort::Balanced));
    assert!(low < high, "{low} and {high}");
    let [fast, best] = [Effort::Fast, Effort::Best].map(|effort| bytes(80, effort));
    assert!(best < fast, "{best} and {fast}");
}

#[test]
fn more_effort_makes_fewer_bytes_of_a_png_and_quality_changes_nothing() {
    let picture = imageops::resize(&samples::noise(60, 40), 300, 200, imageops::FilterType::Triangle);
    let original = samples::bmp(&picture);
    let bytes = |quality_percent, effort| {
        let format = OptimizedFormat::Original;
        let spec = OptimizationSpec { format, quality_percent, effort, ..OptimizationSpec::default() };
        with(&original, spec).unwrap().0.bytes
    };
    assert!(bytes(80, Effort::Best).len() < bytes(80, Effort::Fast).len());
    assert!(bytes(1, Effort::Balanced) == bytes(100, Effort::Balanced));
}

#[test]
fn a_side_that_no_webp_can_have_is_the_photos_fault() {
    let upload = |width| samples::png(&DynamicImage::ImageLuma8(ImageBuffer::from_pixel(width, 1, Luma([0]))));
    let fault = in_format(&upload(16_384), OptimizedFormat::WebP).unwrap_err();
    assert_eq!(fault, Fault::SideTooLong { max: 16_383 });
    assert_eq!(in_format(&upload(16_383), OptimizedFormat::WebP).unwrap().1.width(), 16_383);
    assert_eq!(in_format(&upload(16_384), OptimizedFormat::Png).unwrap().1.width(), 16_384);
}

/// The EXIF block of a file, as another reader finds it; that of an AVIF by its boxes.
fn block_of(output: &Output) -> Option<Vec<u8>> {
    use image::ImageDecoder;
    let Ok(format) = UploadFormat::try_from(output.format) else {
        let read = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&output.bytes));
        return read.ok().map(|exif| exif.buf().to_vec());
    };
    let mut decoder = crate::decode::decoder(&output.bytes, format, crate::limits::for_header()).unwrap();
    decoder.exif_metadata().unwrap()
}

const FORMATS: [OptimizedFormat; 4] =
    [OptimizedFormat::Jpeg, OptimizedFormat::WebP, OptimizedFormat::Png, OptimizedFormat::Avif];

fn preserving(original: &[u8], format: OptimizedFormat) -> (Output, RgbImage) {
    with(original, OptimizationSpec { format, preserve_exif: true, ..OptimizationSpec::default() }).unwrap()
}

#[test]
fn the_exif_of_an_upright_copy_says_that_it_is() {
    let stored = samples::jpeg(&quarters(82, 50));
    for (number, expected) in (1..).zip(samples::SEEN) {
        let mut camera = of_a_camera();
        camera.picture.retain(|(tag, _)| *tag != 0x0112);
        camera.picture.insert(0, (0x0112, samples::exif::Value::Short(number)));
        camera.exif.push((0xA002, samples::exif::Value::Short(82)));
        camera.exif.push((0xA003, samples::exif::Value::Short(50)));
        let original = samples::jpeg_with_exif(&stored, &camera.write(ByteOrder::Little, ExifEnd::Proper));
        for format in FORMATS {
            let (output, picture) = preserving(&original, format);
            for (seen, expected) in quarter_colours(&picture).into_iter().zip(expected) {
                assert!(alike(seen, expected), "orientation {number}, {format:?}: {seen:?} is not {expected:?}");
            }
            let block = block_of(&output).expect("EXIF");
            let upright = image::metadata::Orientation::from_exif_chunk(&block);
            assert_eq!(upright, Some(image::metadata::Orientation::NoTransforms), "orientation {number}, {format:?}");
            let exif = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&output.bytes)).unwrap();
            let number = |tag| exif.get_field(tag, exif::In::PRIMARY).unwrap().value.get_uint(0).unwrap();
            assert_eq!(number(exif::Tag::Orientation), 1);
            let size = (number(exif::Tag::PixelXDimension), number(exif::Tag::PixelYDimension));
            assert_eq!(size, (output.width, output.height), "{format:?}");
            assert_eq!(number(exif::Tag::PhotographicSensitivity), 400);
        }
    }
}

#[test]
fn the_exif_of_each_format_is_carried_and_none_where_there_is_none() {
    let block = of_a_camera().write(ByteOrder::Big, ExifEnd::Wild);
    let picture = quarters(30, 20);
    let rgba = DynamicImage::ImageRgb8(picture.clone()).into_rgba8();
    let png = samples::png(&DynamicImage::ImageRgb8(picture.clone()));
    let originals = [
        samples::jpeg_with_exif(&samples::jpeg(&picture), &block),
        samples::png_with_exif(&png, &block),
        samples::webp_with_exif(&rgba, &block),
    ];
    let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|it| it == part);
    for format in FORMATS {
        for original in &originals {
            let (output, _) = preserving(original, format);
            assert!(holds(&output.bytes, b"Canon EOS R5"), "{format:?}");
            assert!(!holds(&output.bytes, b"the maker's notes"), "{format:?}");
            assert!(!holds(&output.bytes, &LATITUDE_SECONDS.to_be_bytes()), "{format:?}");
            let without = with(original, OptimizationSpec { format, ..OptimizationSpec::default() }).unwrap().0;
            assert_eq!(block_of(&without), None, "{format:?}");
        }
        for (_, original) in uploads(&picture) {
            assert_eq!(block_of(&preserving(&original, format).0), None, "{format:?}");
        }
    }
}

#[test]
fn a_photo_whose_exif_is_hostile_or_too_long_has_a_copy_without() {
    let jpeg = samples::jpeg(&quarters(30, 20));
    let blocks = [samples::exif::pointing_everywhere(1500), samples::exif::overlapping_texts(), b"no block".to_vec()];
    for block in blocks {
        let original = samples::jpeg_with_exif(&jpeg, &block);
        for format in FORMATS {
            assert_eq!(block_of(&preserving(&original, format).0), None, "{format:?}");
        }
    }
}
