//! Files that are made, read again by libjpeg-turbo.

use proptest::prelude::*;
use turbojpeg::{Decompressor, Subsamp};

use super::*;

const CODINGS: [Coding; 4] = [Coding::Standard, Coding::Sampled, Coding::Optimal, Coding::Progressive];

/// A plane that is smooth here and noisy there, so that few symbols are in some rows and many in others.
fn plane(width: usize, height: usize, seed: usize) -> Vec<u8> {
    let sample = |place: usize| {
        let (x, y) = (place % width, place / width);
        let noise = (place.wrapping_mul(2_654_435_761) >> 7) % (1 + y / 8);
        u8::try_from((x + y * seed + noise) % 256).unwrap()
    };
    (0..width * height).map(sample).collect()
}

struct Made {
    width: u32,
    height: u32,
    planes: [Vec<u8>; 3],
}

impl Made {
    fn new(width: u32, height: u32) -> Self {
        let (wide, high) = (width as usize, height as usize);
        let half = (wide.div_ceil(2), high.div_ceil(2));
        Self { width, height, planes: [plane(wide, high, 1), plane(half.0, half.1, 2), plane(half.0, half.1, 3)] }
    }

    fn picture(&self, is_gray: bool) -> Picture<'_> {
        let [luma, blue, red] = &self.planes;
        let wide = self.width as usize;
        let half = wide.div_ceil(2);
        let chroma = [Plane { samples: blue, stride: half }, Plane { samples: red, stride: half }];
        Picture {
            width: self.width,
            height: self.height,
            luma: Plane { samples: luma, stride: wide },
            chroma: (!is_gray).then_some(chroma),
        }
    }
}

/// The luma of a file.
fn luma(file: &[u8]) -> Vec<u8> {
    let image = turbojpeg::decompress_to_yuv(file).unwrap();
    let stride = image.y_width().next_multiple_of(image.align);
    let rows = image.pixels.chunks(stride).take(image.height);
    rows.flat_map(|row| row[..image.width].to_vec()).collect()
}

#[test]
fn every_coding_gives_the_same_picture() {
    for is_gray in [false, true] {
        let made = Made::new(530, 1301);
        let files = CODINGS.map(|coding| encode(&made.picture(is_gray), 90, coding).unwrap());
        for file in &files {
            let header = Decompressor::new().unwrap().read_header(file).unwrap();
            assert_eq!((header.width, header.height), (530, 1301));
            assert_eq!(header.subsamp, if is_gray { Subsamp::Gray } else { Subsamp::Sub2x2 });
            assert_eq!(luma(file), luma(&files[0]), "codings differ in nothing but bytes");
        }
        let [standard, sampled, optimal, progressive] = files.map(|file| file.len());
        assert!(progressive < optimal && optimal <= sampled && sampled < standard, "{standard} {sampled} {optimal}");
    }
}

#[test]
fn what_is_read_again_is_what_was_written() {
    let made = Made::new(64, 48);
    let smooth: Vec<u8> = (0..64 * 48).map(|place| u8::try_from(place % 64 * 2 + place / 64).unwrap()).collect();
    let mut picture = made.picture(true);
    picture.luma.samples = &smooth;
    let read = luma(&encode(&picture, 95, Coding::Optimal).unwrap());
    assert!(read.iter().zip(&smooth).all(|(read, written)| read.abs_diff(*written) <= 2));
}

#[test]
fn a_symbol_that_no_sampled_row_has_can_be_written() {
    let mut made = Made::new(64, 1600);
    made.planes[0].fill(128);
    // Noise in the first row of MCUs, which is not among the sampled.
    for (place, sample) in made.planes[0].iter_mut().take(64 * 16).enumerate() {
        *sample = u8::try_from(place.wrapping_mul(2_654_435_761) >> 9 & 0xFF).unwrap();
    }
    let files = [Coding::Sampled, Coding::Standard].map(|coding| encode(&made.picture(false), 100, coding).unwrap());
    assert_eq!(luma(&files[0]), luma(&files[1]));
}

#[test]
fn planes_that_are_too_small_are_refused() {
    let made = Made::new(33, 17);
    let short = |change: fn(&mut Picture<'_>)| {
        let mut picture = made.picture(false);
        change(&mut picture);
        encode(&picture, 80, Coding::Standard)
    };
    assert_eq!(short(|picture| picture.height = 18), Err(EncodeError::Planes));
    assert_eq!(short(|picture| picture.luma.stride = 32), Err(EncodeError::Planes));
    assert_eq!(short(|picture| picture.luma.stride = usize::MAX), Err(EncodeError::Planes));
    let empty = short(|picture| picture.width = 0);
    assert!(matches!(empty, Err(EncodeError::Refused(_))), "{empty:?}");
    let long = vec![0; 70_000];
    let plane = Plane { samples: &long, stride: 70_000 };
    let picture = Picture { width: 70_000, height: 1, luma: plane, chroma: None };
    let refused = encode(&picture, 80, Coding::Optimal).unwrap_err().to_string();
    assert!(refused.contains("65500"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_size_and_quality_can_be_written(width in 1_u32..80, height in 1_u32..80, quality in 1_u8..=100, coding in 0_usize..4) {
        let made = Made::new(width, height);
        for is_gray in [false, true] {
            let file = encode(&made.picture(is_gray), quality, CODINGS[coding]).unwrap();
            prop_assert_eq!(luma(&file).len(), (width * height) as usize);
        }
    }
}
