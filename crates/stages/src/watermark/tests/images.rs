//! Marks that are images.

use image::{Rgba, RgbaImage};
use photo_core::{error_class::ErrorClass, pipeline::ConfigMapKeyRef};

use super::*;
use crate::samples::{BLUE, GREEN, RED, YELLOW, alike, quarters};

fn logo() -> ConfigMapKeyRef {
    ConfigMapKeyRef::new("logo", "mark.png").unwrap()
}

fn read(file: &[u8]) -> Result<Marks, String> {
    let mut marks = Marks::default();
    marks.read(logo(), file).map_err(|why| why.to_string())?;
    Ok(marks)
}

fn shown(position: WatermarkPosition, opacity_percent: u8) -> StageKind {
    let content = WatermarkContent::Image(logo());
    watermark(WatermarkSpec { position, opacity_percent, ..WatermarkSpec::showing(content) })
}

fn png_of(pixels: RgbaImage) -> Vec<u8> {
    samples::png(&DynamicImage::ImageRgba8(pixels))
}

fn opaque(width: u32, height: u32) -> RgbaImage {
    DynamicImage::ImageRgb8(quarters(width, height)).into_rgba8()
}

/// The photo as a PNG, with that file as the mark at the right below.
fn with(file: &[u8], opacity_percent: u8) -> RgbImage {
    let kinds = [shown(WatermarkPosition::BottomRight, opacity_percent), png()];
    pictures_with(&read(file).unwrap(), kinds, &ground(400, 200)).remove(0)
}

#[test]
fn it_is_seen_whole_at_its_place_and_nowhere_else() {
    let marks = read(&png_of(opaque(80, 40))).unwrap();
    for (position, [left, top]) in [
        (WatermarkPosition::TopLeft, [4, 4]),
        (WatermarkPosition::TopRight, [296, 4]),
        (WatermarkPosition::BottomLeft, [4, 146]),
        (WatermarkPosition::BottomRight, [296, 146]),
        (WatermarkPosition::Center, [150, 75]),
    ] {
        // A JPEG blurs what lies across its blocks.
        for (copy, blur) in [(png(), 0), (optimization(), 2)] {
            let made = pictures_with(&marks, [shown(position, 100), copy], &ground(400, 200)).remove(0);
            let place = seen(&made).unwrap();
            let expected = [left, top, left + 99, top + 49];
            assert!(place.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= blur), "{position:?}: {place:?}");
            let colours = samples::quarter_colours(&imageops::crop_imm(&made, left, top, 100, 50).to_image());
            let whole = colours.into_iter().zip([RED, GREEN, BLUE, YELLOW]).all(|(a, b)| alike(a, b));
            assert!(whole, "{position:?}: {colours:?}");
        }
    }
}

#[test]
fn it_is_upright_however_the_photo_lies() {
    let marks = read(&png_of(opaque(60, 40))).unwrap();
    let ways: [fn() -> Vec<StageKind>; 3] = [|| vec![png()], || vec![optimization()], || vec![thumbnails(200)]];
    for (width, height) in [(400, 200), (401, 199)] {
        for (way, copies) in ways.iter().enumerate() {
            let made = |orientation| {
                let kinds = [vec![shown(WatermarkPosition::TopRight, 100)], copies()].concat();
                pictures_with(&marks, kinds, &stored(width, height, orientation)).remove(0)
            };
            let expected = made(1);
            for orientation in 2..=8 {
                let likeness = samples::likeness(&made(orientation), &expected);
                assert!(likeness > 0.995, "{width}: way {way}, orientation {orientation}: {likeness}");
            }
        }
    }
}

#[test]
fn it_keeps_its_proportions_at_any_size() {
    for (width, height, (shown_width, shown_height)) in
        [(40, 40, (50, 50)), (400, 100, (100, 25)), (4, 2, (100, 50)), (1000, 2000, (25, 50)), (800, 3, (100, 1))]
    {
        let made = with(&png_of(RgbaImage::from_pixel(width, height, Rgba([230, 220, 20, 255]))), 100);
        let expected = [396 - shown_width, 196 - shown_height, 395, 195];
        assert_eq!(seen(&made), Some(expected), "{width} × {height}");
    }
}

/// A ground, a colour over it, and what is seen of so many 255ths of the colour.
fn mixed(ground: u8, colour: u8, alpha: f64) -> u8 {
    let mixed = f64::from(ground) + (f64::from(colour) - f64::from(ground)) * alpha / 255.0;
    format!("{mixed:.0}").parse().unwrap()
}

#[test]
fn its_alpha_and_its_opacity_let_the_picture_through() {
    // Four columns: nothing, a third, two thirds, all. What is transparent has a colour that must not be seen.
    let alphas = [0, 85, 170, 255];
    let pixels = RgbaImage::from_fn(80, 40, |x, _| {
        let alpha = alphas[x as usize / 20];
        Rgba(if alpha == 0 { [0, 255, 0, 0] } else { [250, 10, 10, alpha] })
    });
    for file in [png_of(pixels.clone()), samples::webp(&pixels)] {
        for opacity in [100, 50] {
            let made = with(&file, opacity);
            let under = *made.get_pixel(10, 10);
            for (column, alpha) in (0..).zip(alphas) {
                let found = made.get_pixel(296 + 25 * column + 12, 170).0;
                let seen = f64::from(alpha) * f64::from(opacity) / 100.0;
                let expected: Vec<u8> =
                    under.0.iter().zip([250, 10, 10]).map(|(ground, own)| mixed(*ground, own, seen)).collect();
                let close = found.iter().zip(&expected).all(|(a, b)| a.abs_diff(*b) <= 3);
                assert!(close, "alpha {alpha}, opacity {opacity}: {found:?}, not {expected:?}");
            }
            // Nothing of the transparent part's colour shines through where it meets the rest.
            let row: Vec<u8> = (296..396).map(|x| made.get_pixel(x, 170).0[1]).collect();
            assert!(row.iter().all(|green| *green <= under.0[1] + 3), "{row:?}");
        }
    }
}

#[test]
fn every_format_of_a_photo_is_an_image_and_is_read_as_it_is_shown() {
    let (stored, rgb) = (opaque(80, 40), quarters(80, 40));
    let files = [
        png_of(stored.clone()),
        samples::webp(&stored),
        samples::gif(&[rgb.clone(), RgbImage::new(80, 40)]),
        samples::bmp(&rgb),
        samples::jpeg(&rgb),
    ];
    for file in files {
        let mark = imageops::crop_imm(&with(&file, 100), 296, 146, 100, 50).to_image();
        let colours = samples::quarter_colours(&mark);
        assert!(colours.into_iter().zip([RED, GREEN, BLUE, YELLOW]).all(|(a, b)| alike(a, b)), "{colours:?}");
    }
    let exif = samples::exif(6, ExifEnd::Proper);
    for file in [samples::jpeg_with_exif(&samples::jpeg(&rgb), &exif), samples::png_with_exif(&png_of(stored), &exif)] {
        let mark = imageops::crop_imm(&with(&file, 100), 371, 146, 25, 50).to_image();
        let colours = samples::quarter_colours(&mark);
        assert!(colours.into_iter().zip(samples::SEEN[5]).all(|(a, b)| alike(a, b)), "{colours:?}");
    }
}

#[test]
fn its_colours_are_those_of_its_profile() {
    let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let picture = DynamicImage::ImageRgba8(RgbaImage::from_pixel(80, 40, Rgba([200, 60, 60, 255])));
    let made = with(&samples::png_with_profile(&picture, wide), 100);
    // By the formulas of CSS Color 4 for display-p3.
    assert!(alike(made.get_pixel(340, 170).0, [217, 42, 52]), "{:?}", made.get_pixel(340, 170));
}

#[test]
fn what_can_not_be_a_mark_is_refused_with_what_is_wrong() {
    let opaque = opaque(80, 40);
    let png = png_of(opaque.clone());
    let clear = png_of(RgbaImage::from_pixel(8, 8, Rgba([255, 255, 255, 0])));
    let long = [png.clone(), vec![0; 1024 * 1024]].concat();
    for (file, reason) in [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "Export it as PNG"),
        (Vec::new(), "not a JPEG, PNG"),
        (long, "at most 1 MiB"),
        (samples::png_claiming(2001, 2000), "at most 4 million"),
        (samples::png_claiming(0, 20), "damaged"),
        (png[..png.len() / 2].to_vec(), "ends before the picture does"),
        (samples::webp(&opaque)[..60].to_vec(), "ends before the picture does"),
        (clear, "Nothing of it can be seen"),
    ] {
        let refused = read(&file).unwrap_err();
        assert!(refused.starts_with("the image `logo/mark.png` can't be a watermark: "), "{refused}");
        assert!(refused.contains(reason), "{refused}");
    }
}

#[test]
fn without_its_image_a_stage_fails() {
    let mut spec = samples::stages([shown(WatermarkPosition::Center, 100), optimization()]);
    spec.stages[1].depends_on = vec![spec.stages[0].name.clone()];
    let original = ground(400, 200);
    let mut told = Vec::new();
    let failure = run(&spec, &Marks::default(), &[], &original, &mut |update| told.push(update)).unwrap_err();
    assert_eq!((failure.class, failure.stage.as_str()), (ErrorClass::Logic, "s0"));
    assert!(failure.detail.contains("the image `logo/mark.png` of a watermark was not given"), "{failure}");
    assert_eq!(outputs(told), []);
    // Also where it was laid by another process, and is to be laid again.
    let ended = [EndedStage { stage: spec.stages[0].name.clone(), status: StageStatus::Completed }];
    let mut told = Vec::new();
    let failure = run(&spec, &Marks::default(), &ended, &original, &mut |update| told.push(update)).unwrap_err();
    assert_eq!(failure.stage.as_str(), "s0");
    assert_eq!(outputs(told), []);
}

#[test]
fn a_run_that_goes_on_in_another_process_lays_it_again() {
    let marks = read(&png_of(opaque(80, 40))).unwrap();
    let spec = samples::stages([shown(WatermarkPosition::Center, 100), optimization()]);
    let ended = [EndedStage { stage: spec.stages[0].name.clone(), status: StageStatus::Completed }];
    let of = |ended: &[EndedStage]| outputs(told_with(&marks, &spec, ended, &ground(400, 200))).remove(0).bytes;
    assert_eq!(of(&ended), of(&[]));
}
