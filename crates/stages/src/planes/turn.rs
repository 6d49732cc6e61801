//! Turning planes as EXIF means it.

use image::metadata::Orientation;
use photo_core::photo::Dimensions;

use super::{Layout, Planes};
use crate::turn;

/// Samples of a tile's side: a row of it is one vector of every processor.
const TILE: usize = 16;

/// Columns that are written side by side. A line of the cache holds several tiles' samples of a row and of a column; both are
/// still there when the next tile comes.
const BLOCK: usize = 256;

type Tile = [[u8; TILE]; TILE];

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
        let Self { mut samples, layouts, .. } = self;
        // From the last one on, each is given up as soon as it is turned: a photo is in memory twice only in part.
        for (source, target) in layouts.iter().zip(turned.layouts.clone()).rev() {
            let mut rows: Vec<&[u8]> = source.rows(&samples).collect();
            if reversed.rows {
                rows.reverse();
            }
            let room = turned.samples.get_mut(target.begin..target.end()).unwrap_or_default();
            if turn::is_turn(orientation) {
                transpose(&rows, room, target, reversed.columns);
            } else {
                mirror(&rows, room, target, reversed.columns);
            }
            samples.truncate(source.begin);
            samples.shrink_to_fit();
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
    for (block, columns) in columns.chunks_mut(BLOCK).enumerate() {
        for (place, rows) in rows.chunks(TILE).enumerate() {
            for (band, columns) in columns.chunks_mut(TILE).enumerate() {
                transpose_tile(rows, block * BLOCK + band * TILE, columns, place * TILE);
            }
        }
    }
}

/// Up to 16 times 16 samples, from `across` on in each row to `along` in each column.
fn transpose_tile(rows: &[&[u8]], across: usize, columns: &mut [&mut [u8]], along: usize) {
    let mut tile: Tile = [[0; TILE]; TILE];
    for (line, row) in tile.iter_mut().zip(rows) {
        let samples = row.get(across..).unwrap_or_default();
        match samples.first_chunk() {
            Some(whole) => *line = *whole,
            None => line.iter_mut().zip(samples).for_each(|(line, sample)| *line = *sample),
        }
    }
    for (column, line) in columns.iter_mut().zip(transposed(tile)) {
        let target = column.get_mut(along..).unwrap_or_default();
        match target.first_chunk_mut() {
            Some(whole) => *whole = line,
            None => target.iter_mut().zip(line).for_each(|(target, sample)| *target = sample),
        }
    }
}

/// The n-th sample of each line in the n-th line: a perfect shuffle of all 256 samples turns their 8-bit places by one bit, so
/// that four of them make rows columns.
fn transposed(tile: Tile) -> Tile {
    shuffled(shuffled(shuffled(shuffled(tile))))
}

/// Each line of the upper half woven with its line of the lower half. Written so that it compiles to the processor's own
/// instruction for it.
fn shuffled(tile: Tile) -> Tile {
    let mut shuffled: Tile = [[0; TILE]; TILE];
    let (upper, lower) = tile.split_at(TILE / 2);
    for (woven, (upper, lower)) in shuffled.as_chunks_mut::<2>().0.iter_mut().zip(upper.iter().zip(lower)) {
        let pairs = woven.as_flattened_mut().as_chunks_mut::<2>().0;
        pairs.iter_mut().zip(upper.iter().zip(lower)).for_each(|(pair, (upper, lower))| *pair = [*upper, *lower]);
    }
    shuffled
}
