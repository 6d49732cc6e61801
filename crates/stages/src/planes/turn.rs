//! Turning planes as EXIF means it.

use image::metadata::Orientation;
use photo_core::photo::Dimensions;

use super::{Layout, Planes};
use crate::turn;

/// Samples of a tile's side: so many of a row are one number.
const TILE: usize = 8;

/// What of a picture is read from its end when it is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reversed {
    pub(crate) rows: bool,
    pub(crate) columns: bool,
}

impl Reversed {
    /// When it is turned so.
    pub(crate) fn by(orientation: Orientation) -> Self {
        let (rows, columns) = match orientation {
            Orientation::NoTransforms | Orientation::Rotate90FlipH => (false, false),
            Orientation::FlipHorizontal | Orientation::Rotate270 => (false, true),
            Orientation::FlipVertical | Orientation::Rotate90 => (true, false),
            Orientation::Rotate180 | Orientation::Rotate270FlipH => (true, true),
        };
        Self { rows, columns }
    }
}

impl Planes {
    /// The picture turned so.
    ///
    /// Where a side is odd, the colours of its last row or column belong to one pixel instead of two. Where that side is
    /// reversed they must be those of its first, or they lie half a pixel off afterwards.
    pub(crate) fn turned(self, orientation: Orientation) -> Self {
        if orientation == Orientation::NoTransforms {
            return self;
        }
        let reversed = Reversed::by(orientation);
        let shown: Dimensions = turn::shown(self.dimensions(), orientation);
        let mut turned = Self::empty(shown, self.is_gray());
        let layouts = self.layouts.iter().zip(turned.layouts.clone());
        for (source, target) in layouts {
            let mut rows: Vec<&[u8]> = source.rows(&self.samples).collect();
            if reversed.rows {
                rows.reverse();
            }
            let room = turned.samples.get_mut(target.begin..target.end()).unwrap_or_default();
            if turn::is_turn(orientation) {
                transpose(&rows, room, target, reversed.columns);
            } else {
                mirror(&rows, room, target, reversed.columns);
            }
        }
        turned
    }
}

fn mirror(rows: &[&[u8]], room: &mut [u8], target: Layout, is_reversed: bool) {
    for (target, source) in room.chunks_exact_mut(target.stride.max(1)).zip(rows) {
        if is_reversed {
            target.iter_mut().zip(source.iter().rev()).for_each(|(target, sample)| *target = *sample);
        } else {
            target.copy_from_slice(source);
        }
    }
}

/// The columns of `rows` become rows, tile by tile: phones hand in most of their photos like that.
fn transpose(rows: &[&[u8]], room: &mut [u8], target: Layout, is_reversed: bool) {
    let mut columns: Vec<&mut [u8]> = room.chunks_exact_mut(target.stride.max(1)).collect();
    if is_reversed {
        columns.reverse();
    }
    for (band, columns) in columns.chunks_mut(TILE).enumerate() {
        for (place, rows) in rows.chunks(TILE).enumerate() {
            transpose_tile(rows, band * TILE, columns, place * TILE);
        }
    }
}

/// Up to 8 times 8 samples, from `across` on in each row to `along` in each column.
fn transpose_tile(rows: &[&[u8]], across: usize, columns: &mut [&mut [u8]], along: usize) {
    let mut tile = [0_u64; TILE];
    for (line, row) in tile.iter_mut().zip(rows) {
        let samples = row.get(across..).unwrap_or_default();
        *line = match samples.first_chunk() {
            Some(whole) => u64::from_le_bytes(*whole),
            None => samples.iter().rev().fold(0, |line, sample| line << 8 | u64::from(*sample)),
        };
    }
    for (column, line) in columns.iter_mut().zip(transposed(tile)) {
        let samples = line.to_le_bytes();
        let target = column.get_mut(along..).unwrap_or_default();
        match target.first_chunk_mut() {
            Some(whole) => *whole = samples,
            None => target.iter_mut().zip(samples).for_each(|(target, sample)| *target = sample),
        }
    }
}

/// Eight numbers of eight samples, the n-th of each now in the n-th number: halves, quarters and eighths change places
/// (Hacker's Delight, 7-3).
fn transposed(mut tile: [u64; TILE]) -> [u64; TILE] {
    const STEPS: [(usize, u32, u64); 3] =
        [(4, 32, 0x0000_0000_FFFF_FFFF), (2, 16, 0x0000_FFFF_0000_FFFF), (1, 8, 0x00FF_00FF_00FF_00FF)];
    for (apart, bits, low) in STEPS {
        for pair in tile.chunks_exact_mut(2 * apart) {
            let (upper, lower) = pair.split_at_mut(apart);
            for (upper, lower) in upper.iter_mut().zip(lower) {
                let change = (*upper >> bits ^ *lower) & low;
                *lower ^= change;
                *upper ^= change << bits;
            }
        }
    }
    tile
}
