use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;
use crate::samples::{self, BLUE, ExifEnd, GREEN, RED, YELLOW, alike, quarter_colours, quarters};

fn whole(eighths: u8) -> Reading {
    Reading { eighths, is_exact: false }
}

fn decoded(original: &[u8]) -> Result<RgbImage, Fault> {
    let header = header(original)?;
    let decoded = super::decoded(original, &header, Reading { eighths: 8, is_exact: true })?;
    Ok(match decoded.exact {
        Some(Pixels::Rgb(pixels)) => pixels,
        Some(Pixels::Rgba(_)) | None => samples::on_white(&decoded.picture),
    })
}

fn rgba(picture: &RgbImage) -> RgbaImage {
    DynamicImage::ImageRgb8(picture.clone()).into_rgba8()
}

#[test]
fn every_format_gives_its_pixels() {
    let picture = quarters(64, 48);
    let originals = [
        (UploadFormat::Jpeg, samples::jpeg(&picture)),
        (UploadFormat::Jpeg, samples::progressive_jpeg(&picture)),
        (UploadFormat::Png, samples::png(&DynamicImage::ImageRgb8(picture.clone()))),
        (UploadFormat::Gif, samples::gif(std::slice::from_ref(&picture))),
        (UploadFormat::Webp, samples::webp(&rgba(&picture))),
        (UploadFormat::Bmp, samples::bmp(&picture)),
    ];
    for (format, original) in originals {
        let header = header(&original).unwrap();
        assert_eq!(header.format, format);
        assert_eq!(header.stored, Dimensions { width: 64, height: 48 }, "{format}");
        let colours = quarter_colours(&decoded(&original).unwrap());
        for (seen, expected) in colours.into_iter().zip([RED, GREEN, BLUE, YELLOW]) {
            assert!(alike(seen, expected), "{format}: {seen:?} is not {expected:?}");
        }
    }
}

#[test]
fn jpeg_is_reduced_while_it_is_decoded() {
    let original = samples::jpeg(&quarters(101, 50));
    let header = header(&original).unwrap();
    for (eighths, width, height) in [(8, 101, 50), (4, 51, 25), (3, 38, 19), (1, 13, 7)] {
        let decoded = super::decoded(&original, &header, whole(eighths)).unwrap();
        assert_eq!(decoded.picture.dimensions(), Dimensions { width, height }, "{eighths}/8");
        assert!((decoded.scale - f64::from(eighths) / 8.0).abs() < 1e-9);
    }
}

#[test]
fn planes_show_what_pixels_show() {
    let folder = std::path::Path::new(env!("REPOSITORY")).join("config/samples/photos");
    let photos =
        ["mountains.jpg", "dogs-sideways.jpg", "dandelions-progressive.jpg", "sunset.jpg", "wine-portrait.jpg"];
    for name in photos {
        let original = std::fs::read(folder.join(name)).unwrap();
        for eighths in [8, 4, 1] {
            let Ok((Given::Planes(fast), _)) = jpeg::pixels(&original, eighths, false) else { panic!("{name}: RGB") };
            let Ok((Given::Pixels(Pixels::Rgb(general)), _)) = jpeg::pixels(&original, eighths, true) else {
                panic!("{name}: planes")
            };
            let general = Planes::of_rgb(&general).unwrap();
            let likeness = samples::likeness(&fast.to_rgb(), &general.to_rgb());
            assert!(likeness >= 0.99, "{name} at {eighths}/8: SSIM {likeness}");
        }
    }
}

#[test]
fn of_an_animation_the_first_frame_is_taken() {
    let frames = [RED, BLUE].map(|colour| RgbImage::from_pixel(20, 20, Rgb(colour)));
    let gif = decoded(&samples::gif(&frames)).unwrap();
    let webp = decoded(&samples::animated_webp(&frames.map(|frame| rgba(&frame)))).unwrap();
    for picture in [gif, webp] {
        assert!(alike(picture.get_pixel(10, 10).0, RED), "{:?}", picture.get_pixel(10, 10));
    }
}

#[test]
fn sixteen_bits_become_eight() {
    let rgb = ImageBuffer::from_pixel(3, 2, Rgb([0xFFFF_u16, 0x8080, 0x0101]));
    assert_eq!(decoded(&samples::png(&DynamicImage::ImageRgb16(rgb))).unwrap().get_pixel(1, 1).0, [255, 128, 1]);
    let grey = ImageBuffer::from_pixel(3, 2, Luma([0x4040_u16]));
    assert_eq!(decoded(&samples::png(&DynamicImage::ImageLuma16(grey))).unwrap().get_pixel(1, 1).0, [64; 3]);
}

#[test]
fn transparent_parts_stay_so_in_every_format() {
    let hole = |x, y| if x < 8 && y < 8 { Rgba([0, 0, 0, 0]) } else { Rgba([200, 0, 0, 255]) };
    let picture = RgbaImage::from_fn(16, 16, hole);
    let gray = ImageBuffer::from_pixel(16, 16, LumaA([200_u8, 0]));
    let deep = DynamicImage::ImageRgba8(picture.clone()).into_rgba16();
    for original in [
        samples::png(&DynamicImage::ImageRgba8(picture.clone())),
        samples::webp(&picture),
        samples::png(&DynamicImage::ImageLumaA8(gray)),
        samples::png(&DynamicImage::ImageRgba16(deep)),
    ] {
        let header = header(&original).unwrap();
        let decoded = super::decoded(&original, &header, Reading { eighths: 8, is_exact: true }).unwrap();
        let Some(Pixels::Rgba(pixels)) = decoded.exact else { panic!("{:?}", decoded.exact) };
        assert_eq!(pixels.get_pixel(0, 0).0[3], 0);
        assert_eq!(samples::on_white(&decoded.picture).get_pixel(0, 0).0, [255; 3]);
    }
}

#[test]
fn four_inks_become_three_colours() {
    for (inks, colour) in [
        ([255, 255, 255, 255], [255, 255, 255]),
        ([0, 255, 255, 255], [0, 255, 255]),
        ([255, 255, 255, 0], [0, 0, 0]),
        ([255, 128, 0, 255], [255, 128, 0]),
    ] {
        let seen = decoded(&samples::cmyk_jpeg(32, 32, inks)).unwrap().get_pixel(16, 16).0;
        assert!(alike(seen, colour), "{inks:?}: {seen:?} is not {colour:?}");
    }
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let picture = samples::noise(96, 64);
    let originals = [
        ("jpeg", samples::jpeg(&picture)),
        ("progressive jpeg", samples::progressive_jpeg(&picture)),
        ("png", samples::png(&DynamicImage::ImageRgb8(picture.clone()))),
        ("gif", samples::gif(std::slice::from_ref(&picture))),
        ("webp", samples::webp(&rgba(&picture))),
        ("bmp", samples::bmp(&picture)),
    ];
    for (name, original) in originals {
        assert!(decoded(&original).is_ok(), "{name} is whole");
        for permille in [20, 100, 250, 333, 500, 750, 900, 990] {
            let cut = original.len() * permille / 1000;
            let fault = decoded(&original[..cut]).unwrap_err();
            assert!(matches!(fault, Fault::CutOff { .. }), "{name} cut at {permille} ‰: {fault:?}");
        }
    }
}

#[test]
fn a_jpeg_that_ends_in_its_header_is_cut_off() {
    let original = samples::jpeg_with_exif(&samples::jpeg(&quarters(40, 40)), &samples::exif(6, ExifEnd::Proper));
    let frame = original.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    for kept in [12, 40, frame - 1] {
        let fault = header(&original[..kept]).unwrap_err();
        assert!(matches!(fault, Fault::CutOff { .. }), "{kept} bytes: {fault:?}");
    }
}

#[test]
fn a_jpeg_without_its_last_byte_is_cut_off() {
    let original = samples::jpeg(&quarters(40, 40));
    let fault = decoded(&original[..original.len() - 1]).unwrap_err();
    assert!(matches!(fault, Fault::CutOff { .. }), "{fault:?}");
}

#[test]
fn a_jpeg_with_garbage_in_its_middle_is_damaged() {
    let mut original = samples::jpeg(&samples::noise(96, 64));
    let middle = original.len() / 2;
    original[middle..middle + 200].fill(0xFF);
    let fault = decoded(&original).unwrap_err();
    assert!(matches!(fault, Fault::Damaged { .. }), "{fault:?}");
}

#[test]
fn bytes_behind_the_picture_do_no_harm() {
    let original = [samples::jpeg(&quarters(40, 40)), b"a motion photo's film".to_vec()].concat();
    assert_eq!(decoded(&original).unwrap().dimensions(), (40, 40));
}

#[test]
fn a_progressive_jpeg_in_very_many_scans_is_refused() {
    let original = samples::progressive_jpeg(&quarters(16, 16));
    let fault = decoded(&samples::with_scans(&original, 200)).unwrap_err();
    assert_eq!(fault, Fault::TooManyScans { max: 100 });
}

#[test]
fn a_frame_larger_than_its_canvas_explains_is_refused() {
    let mut original = samples::gif(&[quarters(8, 8)]);
    let descriptor = original.windows(9).position(|it| it == [0x2C, 0, 0, 0, 0, 8, 0, 8, 0]).unwrap();
    original[descriptor + 5..descriptor + 9].fill(0xFF);
    let fault = decoded(&original).unwrap_err();
    assert!(matches!(fault, Fault::Damaged { .. }), "{fault:?}");
}

#[test]
fn a_bitmap_with_a_side_that_no_decoder_takes_is_too_large() {
    let mut original = samples::bmp(&quarters(8, 8));
    original[18..22].copy_from_slice(&70_000_u32.to_le_bytes());
    assert_eq!(header(&original).unwrap_err(), Fault::SideTooLong { max: 65_500 });
}

#[test]
fn a_text_is_not_a_photo() {
    for text in [&b"hello"[..], b""] {
        assert_eq!(header(text).unwrap_err(), Fault::NotAPhoto { known: None });
    }
    let drawing = header(b"<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap_err();
    assert_eq!(drawing, Fault::NotAPhoto { known: Some(RefusedFormat::Svg) });
    let fault = header(b"\xFF\xD8\xFFhello, I am a photo").unwrap_err();
    assert!(matches!(fault, Fault::Damaged { .. } | Fault::CutOff { .. }), "{fault:?}");
}

#[test]
fn orientations_are_read_from_every_container_that_has_them() {
    let picture = quarters(8, 4);
    let jpeg = samples::jpeg(&picture);
    let png = samples::png(&DynamicImage::ImageRgb8(picture.clone()));
    for end in [ExifEnd::Proper, ExifEnd::Missing, ExifEnd::Wild] {
        for number in 1..=8 {
            let exif = samples::exif(number, end);
            let expected = Orientation::from_exif(u8::try_from(number).unwrap()).unwrap();
            let originals = [
                samples::jpeg_with_exif(&jpeg, &exif),
                samples::png_with_exif(&png, &exif),
                samples::webp_with_exif(&rgba(&picture), &exif),
            ];
            for original in originals {
                let header = header(&original).unwrap();
                assert_eq!(header.orientation, expected, "{number} in {} ending {end:?}", header.format);
                let turned = number >= 5;
                assert_eq!(header.shown().width == 4, turned, "{number}");
            }
        }
    }
}

#[test]
fn an_orientation_out_of_range_turns_nothing() {
    for number in [0, 9, 300, 65_535] {
        let exif = samples::exif(number, ExifEnd::Proper);
        let original = samples::jpeg_with_exif(&samples::jpeg(&quarters(8, 4)), &exif);
        assert_eq!(header(&original).unwrap().orientation, Orientation::NoTransforms, "{number}");
    }
    let rubbish = samples::jpeg_with_exif(&samples::jpeg(&quarters(8, 4)), b"no TIFF at all");
    assert_eq!(header(&rubbish).unwrap().orientation, Orientation::NoTransforms);
}
