use proptest::prelude::*;

use super::*;
use crate::{mark::Corner, planes::Reversed, samples};

/// Pixels of one colour for each sample of colour, and an alpha of their own.
fn transparent(width: u32, height: u32) -> RgbaImage {
    let (colours, alphas) = (samples::noise(20, 20), samples::noise(width, height));
    RgbaImage::from_fn(width, height, |x, y| {
        let [red, green, blue] = colours.get_pixel(x / 2, y / 2).0;
        Rgba([red, green, blue, alphas.get_pixel(x, y).0[0]])
    })
}

fn flat(pixels: &RgbaImage, ground: [u8; 3]) -> RgbImage {
    RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [red, green, blue, alpha] = pixels.get_pixel(x, y).0;
        let mut ground = ground.into_iter();
        Rgb([red, green, blue].map(|value| {
            let whole =
                u32::from(value) * u32::from(alpha) + u32::from(ground.next().unwrap()) * u32::from(255 - alpha);
            u8::try_from((whole + 127) / 255).unwrap()
        }))
    })
}

fn rgba(picture: &Picture) -> RgbaImage {
    match picture.to_pixels() {
        Pixels::Rgba(pixels) => pixels,
        Pixels::Rgb(_) => panic!("it lost its alpha"),
    }
}

proptest! {
    #[test]
    fn a_picture_lies_on_any_ground_as_its_pixels_would(
        width in 1..40_u32, height in 1..40_u32, ground: [u8; 3],
    ) {
        let pixels = transparent(width, height);
        let [red, green, blue] = ground;
        let background = format!("#{red:02x}{green:02x}{blue:02x}").parse().unwrap();
        let picture = Picture::of(&Pixels::Rgba(pixels.clone())).unwrap();
        let (seen, expected) = (picture.on(background).to_rgb(), Planes::of_rgb(&flat(&pixels, ground)).unwrap().to_rgb());
        let furthest = seen.iter().zip(expected.iter()).map(|(a, b)| a.abs_diff(*b)).max();
        prop_assert!(furthest <= Some(5), "{:?}", furthest);
    }
}

#[test]
fn what_is_not_there_has_no_colour_that_could_show() {
    let mut pixels = RgbaImage::from_pixel(64, 64, Rgba([20, 40, 220, 255]));
    pixels.enumerate_pixels_mut().filter(|(x, ..)| x % 2 == 0).for_each(|(.., pixel)| *pixel = Rgba([255, 0, 0, 0]));
    let picture = Picture::of(&Pixels::Rgba(pixels)).unwrap();
    let size = Dimensions { width: 8, height: 8 };
    let part = Region { left: 0.0, top: 0.0, width: 64.0, height: 64.0 };
    let target = Target { size, reversed: Reversed::default() };
    let resized = picture.resized(&mut Scaler::default(), part, target).unwrap();
    for smaller in [picture.reduced(2), resized] {
        let pixels = rgba(&smaller);
        let [red, green, blue, alpha] = pixels.get_pixel(pixels.width() / 2, 4).0;
        assert!(alpha.abs_diff(128) <= 2, "{alpha}");
        assert!(samples::alike([red, green, blue], [20, 40, 220]), "{red} {green} {blue}");
    }
}

#[test]
fn alpha_is_turned_with_its_picture() {
    let pixels = transparent(14, 10);
    for orientation in (1..=8).filter_map(Orientation::from_exif) {
        let turned = rgba(&Picture::of(&Pixels::Rgba(pixels.clone())).unwrap().turned(orientation));
        let Pixels::Rgba(expected) = Pixels::Rgba(pixels.clone()).turned(orientation) else { panic!("no alpha") };
        assert_eq!(turned.dimensions(), expected.dimensions(), "{orientation:?}");
        assert!(turned.pixels().zip(expected.pixels()).all(|(a, b)| a.0[3] == b.0[3]), "{orientation:?}");
    }
}

#[test]
fn a_mark_is_there_where_the_picture_is_not() {
    let pixels = RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0]));
    let mut picture = Picture::of(&Pixels::Rgba(pixels)).unwrap();
    picture.blend(&Mark::new(RgbaImage::from_pixel(4, 4, Rgba([255; 4])), 50, Corner { left: 2, top: 2 }));
    let seen = rgba(&picture);
    assert_eq!((seen.get_pixel(0, 0).0[3], seen.get_pixel(3, 3).0), (0, [255, 255, 255, 128]));
}
