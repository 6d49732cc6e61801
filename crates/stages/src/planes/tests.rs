use image::{DynamicImage, Rgb, RgbImage, RgbaImage, metadata::Orientation};
use proptest::prelude::*;

use super::*;
use crate::{
    mark::{Corner, Mark},
    samples,
};

impl Planes {
    /// One whose every sample is its own.
    fn noise(width: u32, height: u32, is_gray: bool) -> Self {
        let mut planes = Self::empty(Dimensions { width, height }, is_gray);
        let noise = samples::noise(width, height.div_ceil(2).max(1) * 2);
        planes.samples.iter_mut().zip(noise.as_raw()).for_each(|(sample, noise)| *sample = *noise);
        planes
    }

    fn plane(&self, place: usize) -> image::GrayImage {
        let layout = self.layouts[place];
        let samples = layout.rows(&self.samples).flatten().copied().collect();
        let side = |side: usize| u32::try_from(side).unwrap();
        image::GrayImage::from_raw(side(layout.width), side(layout.height), samples).unwrap()
    }
}

#[test]
fn colours_of_every_width_are_halved_to_their_means() {
    let size = Dimensions { width: 3, height: 3 };
    let full = [vec![9; 9], vec![10, 20, 30, 30, 40, 50, 60, 70, 81], vec![0; 9]].concat();
    let made = Planes::decoded(size, Wide::Full, full);
    assert_eq!(made.plane(0).as_raw(), &[9; 9]);
    assert_eq!(made.plane(1).as_raw(), &[25, 40, 65, 81]);
    assert_eq!(made.plane(2).as_raw(), &[0; 4]);
    let half_width = [vec![9; 12], vec![10, 20, 30, 41, 60, 70], vec![5, 6, 7, 8, 9, 10]].concat();
    let made = Planes::decoded(size, Wide::HalfWidth, half_width);
    assert_eq!((made.plane(0).dimensions(), made.plane(0).as_raw()), ((3, 3), &vec![9; 9]));
    assert_eq!(made.plane(1).as_raw(), &[20, 30, 60, 70]);
    assert_eq!(made.plane(2).as_raw(), &[6, 7, 9, 10]);
    let half = [vec![9; 16], vec![1, 2, 3, 4], vec![5, 6, 7, 8]].concat();
    let made = Planes::decoded(size, Wide::Half, half);
    assert_eq!([made.plane(1).as_raw(), made.plane(2).as_raw()], [&[1, 2, 3, 4], &[5, 6, 7, 8]]);
    let gray = Planes::decoded(size, Wide::Gray, (1..=9).collect());
    assert_eq!(gray.plane(0).as_raw(), &(1..=9).collect::<Vec<u8>>());
    assert!(gray.is_gray());
}

#[test]
fn reduced_samples_are_means_of_those_that_they_stand_for() {
    let samples = vec![0, 10, 20, 30, 255, 10, 20, 30, 41, 5];
    let planes = Planes::decoded(Dimensions { width: 5, height: 2 }, Wide::Gray, samples);
    assert_eq!(planes.reduced(2).plane(0).as_raw(), &[10, 30, 130]);
    assert_eq!(planes.reduced(4).plane(0).as_raw(), &[20, 130]);
    let white = Planes::decoded(Dimensions { width: 100, height: 100 }, Wide::Gray, vec![255; 10_000]);
    for divisor in [2, 4, 8, 16, 32, 64, 128, 256] {
        let reduced = white.reduced(divisor);
        let side = 100_u32.div_ceil(u32::try_from(divisor).unwrap());
        assert_eq!(reduced.dimensions(), Dimensions { width: side, height: side }, "by {divisor}");
        assert!(reduced.samples.iter().all(|sample| *sample == 255));
    }
    let coloured = Planes::noise(37, 29, false).reduced(4);
    assert_eq!((coloured.dimensions(), coloured.layouts.len()), (Dimensions { width: 10, height: 8 }, 3));
}

#[test]
fn rgb_becomes_planes_and_back() {
    for (width, height) in [(64, 48), (63, 47), (1, 1)] {
        let picture = RgbImage::from_pixel(width, height, Rgb(samples::RED));
        let back = Planes::of_rgb(&picture).unwrap().to_rgb();
        assert_eq!(back.dimensions(), (width, height));
        assert!(back.pixels().all(|pixel| samples::alike(pixel.0, samples::RED)));
    }
}

#[test]
fn planes_are_shown_as_readers_of_their_jpeg_show_them() {
    for (width, height, is_gray) in [(64, 48, false), (63, 47, false), (64, 48, true), (9, 1, false)] {
        let smooth = Planes::noise(width / 8 + 2, height / 8 + 2, is_gray).to_rgb();
        let smooth = image::imageops::resize(&smooth, width, height, image::imageops::FilterType::Triangle);
        let planes = Planes::of_rgb(&smooth).unwrap();
        let file = photo_jpeg::encode(&planes.picture().unwrap(), 100, photo_jpeg::Coding::Optimal).unwrap();
        let (shown, expected) = (planes.to_rgb(), image::load_from_memory(&file).unwrap().into_rgb8());
        let furthest = shown.iter().zip(expected.iter()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(furthest <= Some(6), "{width} × {height}: {furthest:?}");
    }
}

/// A mark whose every pixel is its own, its colours multiplied by alpha.
fn noisy_mark(width: u32, height: u32, corner: Corner) -> Mark {
    let (colours, alphas) = (samples::noise(width, height), samples::noise(height, width));
    let pixels = RgbaImage::from_fn(width, height, |x, y| {
        let (colour, alpha) = (colours.get_pixel(x, y).0, alphas.get_pixel(y, x).0[0]);
        let [red, green, blue] = colour.map(|it| u8::try_from(u32::from(it) * u32::from(alpha) / 255).unwrap());
        image::Rgba([red, green, blue, alpha])
    });
    Mark::new(pixels, 100, corner)
}

/// What a mark over a picture is, pixel by pixel.
fn over(picture: &RgbImage, mark: &Mark) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = mark.at(x, y);
        let ground = picture.get_pixel(x, y).0.map(|it| (u32::from(it) * (255 - u32::from(alpha)) + 127) / 255);
        let own = [red, green, blue].map(u32::from);
        Rgb(std::array::from_fn(|channel| u8::try_from((own[channel] + ground[channel]).min(255)).unwrap()))
    })
}

#[test]
fn a_mark_on_a_gray_picture_is_its_brightness() {
    let mut planes = Planes::decoded(Dimensions { width: 3, height: 2 }, Wide::Gray, vec![40; 6]);
    let white = RgbaImage::from_pixel(1, 1, image::Rgba([255; 4]));
    planes.blend(&Mark::new(white, 50, Corner { left: 1, top: 1 }));
    assert_eq!(planes.plane(0).as_raw(), &[40, 40, 40, 40, 148, 40]);
    assert!(planes.is_gray());
}

proptest! {
    #[test]
    fn a_mark_is_laid_onto_planes_as_onto_pixels(
        width in 1..40_u32, height in 1..40_u32, across in 1..50_u32, down in 1..50_u32, left in 0..45_u32, top in 0..45_u32,
    ) {
        // One colour for each sample of colour: what lies below a part of one is known.
        let colours = samples::noise(20, 20);
        let picture = RgbImage::from_fn(width, height, |x, y| *colours.get_pixel(x / 2, y / 2));
        let mark = noisy_mark(across, down, Corner { left, top });
        let mut planes = Planes::of_rgb(&picture).unwrap();
        planes.blend(&mark);
        let expected = Planes::of_rgb(&over(&picture, &mark)).unwrap();
        for place in 0..3 {
            let (seen, expected) = (planes.plane(place), expected.plane(place));
            for (seen, expected) in seen.iter().zip(expected.iter()) {
                prop_assert!(seen.abs_diff(*expected) <= 2, "plane {}: {} is not {}", place, seen, expected);
            }
        }
    }

    #[test]
    fn planes_of_any_size_are_turned_as_exif_means_it(
        width in 1..70_u32, height in 1..70_u32, number in 1..=8_u8, is_gray: bool
    ) {
        let orientation = Orientation::from_exif(number).unwrap();
        let planes = Planes::noise(width, height, is_gray);
        let turned = planes.clone().turned(orientation);
        for place in 0..planes.layouts.len() {
            let mut expected = DynamicImage::ImageLuma8(planes.plane(place));
            expected.apply_orientation(orientation);
            prop_assert!(turned.plane(place) == expected.into_luma8(), "plane {}", place);
        }
    }
}
