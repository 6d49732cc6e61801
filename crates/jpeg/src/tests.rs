//! Files that are made, read again by libjpeg-turbo.

use proptest::prelude::*;
use turbojpeg::{Decompressor, PixelFormat, Subsamp};
use turbojpeg_sys as raw;

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

/// All samples of a file, where it can be read without a warning.
fn samples(file: &[u8]) -> Vec<u8> {
    turbojpeg::decompress_to_yuv(file).unwrap().pixels
}

/// The form of most photos.
const USUAL: [(raw::TJPARAM, i32); 2] =
    [(raw::TJPARAM_TJPARAM_SUBSAMP, raw::TJSAMP_TJSAMP_420), (raw::TJPARAM_TJPARAM_QUALITY, 85)];

/// RGB pixels that are smooth here and noisy there.
fn rgb(width: u32, height: u32) -> Vec<u8> {
    plane(3 * width as usize, height as usize, 7)
}

#[test]
fn a_file_that_is_cut_off_or_changed_is_read_or_refused() {
    let forms: [&[(raw::TJPARAM, i32)]; 4] = [
        &[],
        &[(raw::TJPARAM_TJPARAM_PROGRESSIVE, 1)],
        &[(raw::TJPARAM_TJPARAM_LOSSLESS, 1)],
        &[(raw::TJPARAM_TJPARAM_RESTARTROWS, 2)],
    ];
    for form in forms {
        let file = libjpeg::written(&rgb(97, 130), (97, 130), &USUAL, form);
        for place in (0..file.len()).step_by(5) {
            let read = |file: &[u8]| turbojpeg::decompress(file, PixelFormat::RGB);
            assert!(read(&file[..place]).is_err(), "{form:?} cut off at {place} of {}", file.len());
            for change in [0xFF, 0x01, 0x80] {
                let mut changed = file.clone();
                changed[place] ^= change;
                drop(read(&changed));
            }
        }
    }
}

/// Where a marker of restarts, of any number, stands for the first time.
fn first_restart(file: &[u8]) -> usize {
    file.windows(2).position(|it| matches!(it, [0xFF, 0xD0..=0xD7])).unwrap()
}

#[test]
fn bytes_that_nobody_needs_are_damage_within_a_scan_and_passed_over_behind_it() {
    for form in [raw::TJPARAM_TJPARAM_OPTIMIZE, raw::TJPARAM_TJPARAM_PROGRESSIVE, raw::TJPARAM_TJPARAM_LOSSLESS] {
        let form = [(raw::TJPARAM_TJPARAM_RESTARTROWS, 1), (form, 1)];
        let file = libjpeg::written(&rgb(97, 130), (97, 130), &USUAL, &form);
        let with = |place: usize| [&file[..place], &[0; 3], &file[place..]].concat();
        let read = |file: &[u8]| turbojpeg::decompress(file, PixelFormat::RGB).map(|image| image.pixels);
        let refused = read(&with(first_restart(&file))).unwrap_err().to_string();
        assert!(refused.contains("extraneous bytes before marker 0xd0"), "{form:?}: {refused}");
        assert_eq!(read(&with(file.len() - 2)).unwrap(), read(&file).unwrap(), "{form:?}");
    }
}

#[test]
fn a_code_that_no_table_has_is_damage() {
    let file = libjpeg::written(&rgb(97, 130), (97, 130), &USUAL, &[]);
    let scan = file.windows(2).position(|it| it == [0xFF, 0xDA]).unwrap();
    let mut changed = file;
    // 24 bits of ones, which stand in the file with a zero byte behind each eight.
    changed.splice(scan + 100..scan + 106, [0xFF, 0, 0xFF, 0, 0xFF, 0]);
    let refused = turbojpeg::decompress(&changed, PixelFormat::RGB).map(|image| image.pixels).unwrap_err().to_string();
    assert!(refused.contains("bad Huffman code"), "{refused}");
}

#[test]
fn tables_that_a_picture_of_motion_jpeg_leaves_out_are_the_usual_ones() {
    let made = Made::new(97, 130);
    let file = encode(&made.picture(false), 85, Coding::Standard).unwrap();
    let mut without = file.clone();
    while let Some(table) = without.windows(2).position(|it| it == [0xFF, 0xC4]) {
        let length = usize::from(u16::from_be_bytes([without[table + 2], without[table + 3]]));
        without.drain(table..table + 2 + length);
    }
    assert!(without.len() < file.len() - 400);
    assert_eq!(samples(&without), samples(&file));
}

#[test]
fn a_large_progressive_file_gives_its_coefficients_back_and_loses_nothing() {
    let made = Made::new(2400, 4096);
    let [standard, progressive] = [Coding::Standard, Coding::Progressive];
    let files = [standard, progressive].map(|coding| encode(&made.picture(false), 80, coding).unwrap());
    let before = libjpeg::given_back();
    assert_eq!(luma(&files[1]), luma(&files[0]));
    assert!(libjpeg::given_back() - before > 16 << 20, "of 28 MiB");
}

/// Where scans are missing, libjpeg-turbo smooths blocks by those above and below.
#[test]
fn blocks_that_are_smoothed_by_their_neighbours_find_them() {
    const PERIOD: usize = 256;
    let (wide, high) = (2048, 4096);
    let mut made = Made::new(2048, 4096);
    let pattern = plane(wide, PERIOD, 3);
    made.planes[0] = pattern.iter().copied().cycle().take(wide * high).collect();
    let file = encode(&made.picture(true), 80, Coding::Progressive).unwrap();
    let scan = |from: usize| from + file[from..].windows(2).position(|it| it == [0xFF, 0xDA]).unwrap();
    let first = scan(0);
    // Up to the tables of the second scan.
    let second = first + file[first..scan(first + 2)].windows(2).rposition(|it| it == [0xFF, 0xC4]).unwrap();
    let smoothed = luma(&[&file[..second], &[0xFF, 0xD9]].concat());
    let rows: Vec<&[u8]> = smoothed.chunks(wide).collect();
    for (place, row) in rows.iter().enumerate().take(high - PERIOD / 2).skip(PERIOD * 3 / 2) {
        assert_eq!(*row, rows[place - PERIOD], "row {place}");
    }
    assert_ne!(rows[PERIOD + 8], rows[PERIOD + 12], "a block has more than its mean");
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

    /// One scan holds all coefficients, or ten scans hold parts of them, or they are coded arithmetically, which libjpeg-turbo
    /// decodes by itself: they are the same.
    #[test]
    fn coefficients_are_the_same_however_they_are_coded(
        (width, height) in (1_u32..200, 1_u32..200),
        quality in 1_i32..=100,
        subsampling in prop::sample::select(vec![raw::TJSAMP_TJSAMP_444, raw::TJSAMP_TJSAMP_422, raw::TJSAMP_TJSAMP_420, raw::TJSAMP_TJSAMP_GRAY]),
        restart_rows in 0_i32..3,
        noise in 1_usize..255,
        without_bmi2: bool,
    ) {
        let (wide, high) = (width as usize, height as usize);
        let rgb: Vec<u8> = plane(wide * 3, high, noise);
        let form = [
            (raw::TJPARAM_TJPARAM_QUALITY, quality),
            (raw::TJPARAM_TJPARAM_SUBSAMP, subsampling),
            (raw::TJPARAM_TJPARAM_RESTARTROWS, restart_rows),
        ];
        let written = |coding: &[(raw::TJPARAM, i32)]| libjpeg::written(&rgb, (width, height), &form, coding);
        let expected = samples(&written(&[(raw::TJPARAM_TJPARAM_ARITHMETIC, 1)]));
        libjpeg::without_bmi2(without_bmi2);
        prop_assert_eq!(&samples(&written(&[])), &expected);
        prop_assert_eq!(&samples(&written(&[(raw::TJPARAM_TJPARAM_OPTIMIZE, 1)])), &expected);
        prop_assert_eq!(&samples(&written(&[(raw::TJPARAM_TJPARAM_PROGRESSIVE, 1)])), &expected);
    }

    #[test]
    fn a_lossless_file_has_all_pixels(
        (width, height) in (1_u32..100, 1_u32..100), prediction in 1_i32..=7, restart_rows in 0_i32..4, noise in 1_usize..255,
    ) {
        let rgb = plane(width as usize * 3, height as usize, noise);
        let form = [
            (raw::TJPARAM_TJPARAM_LOSSLESS, 1),
            (raw::TJPARAM_TJPARAM_LOSSLESSPSV, prediction),
            (raw::TJPARAM_TJPARAM_RESTARTROWS, restart_rows),
        ];
        let file = libjpeg::written(&rgb, (width, height), &form, &[]);
        prop_assert_eq!(turbojpeg::decompress(&file, PixelFormat::RGB).unwrap().pixels, rgb);
    }
}

mod libjpeg {
    #![expect(unsafe_code, reason = "no other interface makes files with restart markers")]

    use std::{
        ptr, slice,
        sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    };

    use super::raw;

    unsafe extern "C" {
        static photo_jpeg_without_bmi2: AtomicBool;
        static photo_jpeg_given_back: AtomicUsize;
    }

    /// How many bytes of coefficients were given back while their photos became pixels.
    pub(super) fn given_back() -> usize {
        // SAFETY: it is an atomic on both sides.
        unsafe { &photo_jpeg_given_back }.load(Ordering::Relaxed)
    }

    /// Whether files are read as by processors without BMI2 from now on.
    pub(super) fn without_bmi2(without: bool) {
        // SAFETY: it is an atomic on both sides.
        unsafe { &photo_jpeg_without_bmi2 }.store(without, Ordering::Relaxed);
    }

    /// RGB pixels as a JPEG of that form and coding, by libjpeg-turbo.
    pub(super) fn written(
        rgb: &[u8],
        (width, height): (u32, u32),
        form: &[(raw::TJPARAM, i32)],
        coding: &[(raw::TJPARAM, i32)],
    ) -> Vec<u8> {
        // SAFETY: it takes any number.
        let handle = unsafe { raw::tj3Init(raw::TJINIT_TJINIT_COMPRESS.cast_signed()) };
        for (parameter, value) in form.iter().chain(coding) {
            // SAFETY: the handle is one.
            assert_eq!(unsafe { raw::tj3Set(handle, parameter.cast_signed(), *value) }, 0);
        }
        let (mut file, mut length) = (ptr::null_mut(), 0);
        let (width, height) = (width.cast_signed(), height.cast_signed());
        // SAFETY: the handle is one, there are so many pixels, and the file is its to allocate.
        let made = unsafe {
            let format = raw::TJPF_TJPF_RGB;
            raw::tj3Compress8(handle, rgb.as_ptr(), width, 0, height, format, &raw mut file, &raw mut length)
        };
        assert_eq!(made, 0);
        // SAFETY: so many bytes were written there.
        let written = unsafe { slice::from_raw_parts(file, usize::try_from(length).unwrap()) }.to_vec();
        // SAFETY: it allocated the file.
        unsafe { raw::tj3Free(file.cast()) };
        // SAFETY: the handle is one, and nobody uses it after this.
        unsafe { raw::tj3Destroy(handle) };
        written
    }
}
