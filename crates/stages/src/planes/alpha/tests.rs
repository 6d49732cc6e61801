use image::{Rgb, RgbImage};
use photo_core::photo::Dimensions;
use proptest::prelude::*;

use super::*;
use crate::{
    pixels::multiplied,
    samples::{self, alike},
};

/// The colours multiplied by that alpha of each pixel, and the alpha.
fn multiplied_by(colours: &RgbImage, alpha: impl Fn(u32, u32) -> u8) -> (Planes, Planes) {
    let (width, height) = colours.dimensions();
    let faded = RgbImage::from_fn(width, height, |x, y| {
        Rgb(colours.get_pixel(x, y).0.map(|value| multiplied(value, alpha(x, y))))
    });
    let alphas = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| alpha(x, y)).collect();
    (Planes::of_rgb(&faded).unwrap(), Planes::gray(Dimensions { width, height }, alphas))
}

proptest! {
    #[test]
    fn what_is_seen_has_its_colours_again(width in 1..40_u32, height in 1..40_u32) {
        let (palette, alphas) = (samples::noise(20, 20), samples::noise(width, height));
        let colours = RgbImage::from_fn(width, height, |x, y| *palette.get_pixel(x / 2, y / 2));
        let (mut divided, alpha) = multiplied_by(&colours, |x, y| alphas.get_pixel(x, y).0[0]);
        divided.divide(&alpha);
        let mut expected = Planes::of_rgb(&colours).unwrap();
        for planes in [&mut divided, &mut expected] {
            planes.each_channel(&alpha, |_, rows, alphas| {
                let samples = rows.iter_mut().zip(alphas).flat_map(|(row, alphas)| row.iter_mut().zip(*alphas));
                samples.filter(|(_, alpha)| **alpha < 64).for_each(|(sample, _)| *sample = 0);
            });
        }
        for (layout, expected_layout) in divided.layouts.iter().zip(&expected.layouts) {
            let rows = layout.rows(&divided.samples).zip(expected_layout.rows(&expected.samples));
            let furthest = rows.flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| a.abs_diff(*b)).max();
            prop_assert!(furthest <= Some(7), "{:?}", furthest);
        }
    }
}

#[test]
fn what_is_not_seen_has_the_colour_of_what_is_beside_it() {
    let orange = [220, 130, 30];
    let colours = RgbImage::from_pixel(70, 50, Rgb(orange));
    for (name, alpha) in [
        ("a hole", (|x, y| if (9..60).contains(&x) && (5..40).contains(&y) { 0 } else { 255 }) as fn(u32, u32) -> u8),
        ("a lattice", |x, y| if x % 3 == 0 || y % 5 == 0 { 200 } else { 0 }),
        ("next to nothing", |x, _| if x < 30 { 255 } else { 3 }),
    ] {
        let (mut divided, alpha) = multiplied_by(&colours, alpha);
        divided.divide(&alpha);
        let furthest = divided.to_rgb().pixels().find(|pixel| !alike(pixel.0, orange)).copied();
        assert_eq!(furthest, None, "{name}");
    }
}

#[test]
fn a_picture_of_nothing_is_black() {
    let (mut divided, alpha) = multiplied_by(&samples::noise(21, 9), |_, _| 0);
    divided.divide(&alpha);
    assert_eq!(divided.to_rgb(), RgbImage::new(21, 9));
}
