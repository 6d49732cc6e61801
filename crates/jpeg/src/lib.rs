//! JPEG files from planes of samples, in one pass: with Huffman tables that were made for the picture from a part of its
//! rows.
//!
//! Tables that fit a picture make its file 3 to 10 % smaller than those of the standard, but the usual way to them is a
//! second pass over all coefficients, which takes as long as the first and holds 3 bytes per pixel. Every few rows of blocks
//! are enough to make tables that are nearly as good.

mod encoder;
mod huffman;
mod rows;
mod ycc;

pub use encoder::EncodeError;
use encoder::{Encoder, Settings};
use rows::{Rows, mcu_rows};
pub use ycc::{Ycc, ycc_of_rgb};

/// A picture as a JPEG holds it: full-range YCbCr of ITU-R BT.601 with chroma of half the width and height (4:2:0), or
/// gray.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// Pixels, 1 to 65,500.
    pub width: u32,
    /// Pixels, 1 to 65,500.
    pub height: u32,
    /// One sample for each pixel.
    pub luma: Plane<'a>,
    /// Blue and red; each side has half the pixels, rounded up. None of a gray picture.
    pub chroma: Option<[Plane<'a>; 2]>,
}

/// Samples of 8 bits, row by row.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// All rows.
    pub samples: &'a [u8],
    /// From the beginning of a row to that of the next, in samples; at least the row's width.
    pub stride: usize,
}

/// How long it takes and how many bytes it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// One pass with the tables of the standard.
    Standard,
    /// One pass with tables made from some of the rows.
    Sampled,
    /// Two passes: the best tables for the picture.
    Optimal,
    /// Two passes, and coefficients in the order of a progressive file, which is smaller again.
    Progressive,
}

/// One row of MCUs of so many is looked at for tables.
const SAMPLED: usize = 8;

/// Pictures of fewer rows of MCUs are too small for a part of them to stand for the whole; both passes take no time there.
const SAMPLED_AT_LEAST: usize = 64;

/// The picture as a baseline JPEG (or a progressive one) of that quality, 1 to 100 on libjpeg's scale.
///
/// # Errors
/// The planes do not hold the picture, a side is too long, or memory ran out.
pub fn encode(picture: &Picture<'_>, quality_percent: u8, coding: Coding) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = Encoder::new()?;
    let mut rows = Rows::of(picture)?;
    let all = mcu_rows(picture);
    let coding = if coding == Coding::Sampled && all < SAMPLED_AT_LEAST { Coding::Optimal } else { coding };
    let settings = Settings {
        width: picture.width,
        height: picture.height,
        is_gray: picture.chroma.is_none(),
        quality_percent,
        is_optimal: matches!(coding, Coding::Optimal | Coding::Progressive),
        is_progressive: coding == Coding::Progressive,
    };
    let tables = if coding == Coding::Sampled {
        let sampled = (SAMPLED / 2..all).step_by(SAMPLED);
        let height = u32::try_from(sampled.len() * rows.rows_per_mcu()).unwrap_or(u32::MAX);
        encoder.start(Settings { height, is_optimal: true, ..settings }, None)?;
        rows.write(&mut encoder, sampled)?;
        encoder.finish()?;
        Some(encoder.tables().completed())
    } else {
        None
    };
    encoder.start(settings, tables.as_ref())?;
    rows.write(&mut encoder, 0..all)?;
    Ok(encoder.finish()?.to_vec())
}

#[cfg(test)]
mod tests;
