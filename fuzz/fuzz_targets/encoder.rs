//! Planes of any form to the JPEG encoder: what it takes becomes a photo that is well.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use photo_jpeg::{Coding, Picture, Plane};

#[derive(Debug, Arbitrary)]
struct Given {
    width: u16,
    height: u16,
    /// By how much rows are longer or shorter than they should be.
    stride: [i8; 3],
    /// By how many samples planes are longer or shorter.
    length: [i8; 3],
    is_gray: bool,
    quality_percent: u8,
    coding: u8,
    /// Repeated as far as planes need it.
    samples: Vec<u8>,
}

/// Sides for which an encoder is tried: beyond 64 rows of MCUs its tables are sampled.
const WIDTHS: u16 = 80;
const HEIGHTS: u16 = 1200;

fuzz_target!(|given: Given| {
    let (width, height) = (usize::from(given.width % WIDTHS), usize::from(given.height % HEIGHTS));
    let half = (width.div_ceil(2), height.div_ceil(2));
    let sides = [(width, height), half, half];
    let mut samples = given.samples.iter().copied().chain([0]).cycle();
    let forms: Vec<(Vec<u8>, usize)> = sides
        .iter()
        .zip(given.stride.iter().zip(given.length))
        .map(|((width, height), (more_stride, more_samples))| {
            let stride = width.saturating_add_signed((*more_stride).into());
            let length = (stride * height).saturating_add_signed(more_samples.into());
            // On the heap and no longer than that, so that a sample too many is seen.
            (samples.by_ref().take(length).collect::<Vec<u8>>(), stride)
        })
        .collect();
    let planes: Vec<Plane<'_>> = forms.iter().map(|(samples, stride)| Plane { samples, stride: *stride }).collect();
    let [luma, blue, red] = planes[..] else { return };
    let chroma = (!given.is_gray).then_some([blue, red]);
    let picture =
        Picture { width: (given.width % WIDTHS).into(), height: (given.height % HEIGHTS).into(), luma, chroma };
    let codings = [Coding::Standard, Coding::Sampled, Coding::Optimal, Coding::Progressive];
    let coding = codings[usize::from(given.coding) % codings.len()];
    if let Ok(jpeg) = photo_jpeg::encode(&picture, given.quality_percent, coding) {
        assert_eq!(photo_fuzz::process(&jpeg), if width * height > 65_536 { 0 } else { photo_fuzz::STAGES }, "{width} x {height}");
    }
});
