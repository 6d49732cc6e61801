//! A picture's samples as libjpeg takes them: row by row of MCUs, each row long enough for whole blocks.

use crate::{
    Picture, Plane,
    encoder::{EncodeError, Encoder},
};

/// Samples of a block's side.
const BLOCK: usize = 8;

/// The planes of a picture, and room for rows that have to be longer than they are.
pub(crate) struct Rows<'a> {
    planes: Vec<Source<'a>>,
}

/// A plane whose rows fill whole blocks.
struct Source<'a> {
    plane: Plane<'a>,
    /// Samples of a row that are the picture's.
    width: usize,
    rows: usize,
    /// Samples of a row that libjpeg reads.
    whole_width: usize,
    /// Rows of it in a row of MCUs.
    per_mcu: usize,
    /// Longer copies of the rows of one row of MCUs.
    room: Vec<u8>,
}

/// How many rows of MCUs a picture has.
pub(crate) fn mcu_rows(picture: &Picture<'_>) -> usize {
    size(picture.height).div_ceil(rows_per_mcu(picture))
}

fn rows_per_mcu(picture: &Picture<'_>) -> usize {
    if picture.chroma.is_some() { 2 * BLOCK } else { BLOCK }
}

fn size(pixels: u32) -> usize {
    usize::try_from(pixels).unwrap_or(usize::MAX)
}

impl<'a> Rows<'a> {
    /// Those of a picture.
    pub(crate) fn of(picture: &Picture<'a>) -> Result<Self, EncodeError> {
        let (width, height, per_mcu) = (size(picture.width), size(picture.height), rows_per_mcu(picture));
        let mcus = width.div_ceil(per_mcu);
        let luma = Source::new(picture.luma, (width, height), (mcus, per_mcu))?;
        let chroma = picture.chroma.iter().flatten().map(|plane| {
            let half = (width.div_ceil(2), height.div_ceil(2));
            Source::new(*plane, half, (mcus, BLOCK))
        });
        Ok(Self { planes: std::iter::once(Ok(luma)).chain(chroma).collect::<Result<_, _>>()? })
    }

    /// Rows of pixels in a row of MCUs.
    pub(crate) fn rows_per_mcu(&self) -> usize {
        self.planes.first().map_or(BLOCK, |luma| luma.per_mcu)
    }

    /// Writes those rows of MCUs, one after the other.
    pub(crate) fn write(
        &mut self,
        encoder: &mut Encoder,
        mcu_rows: impl Iterator<Item = usize>,
    ) -> Result<(), EncodeError> {
        for mcu_row in mcu_rows {
            let rows: Vec<Vec<&[u8]>> = self.planes.iter_mut().map(|plane| plane.mcu_row(mcu_row)).collect();
            encoder.write(&rows)?;
        }
        Ok(())
    }
}

impl<'a> Source<'a> {
    fn new(
        plane: Plane<'a>,
        (width, rows): (usize, usize),
        (mcus, per_mcu): (usize, usize),
    ) -> Result<Self, EncodeError> {
        let needed = plane.stride.checked_mul(rows.saturating_sub(1)).and_then(|begin| begin.checked_add(width));
        if plane.stride < width || needed.is_none_or(|needed| needed > plane.samples.len()) {
            return Err(EncodeError::Planes);
        }
        let whole_width = mcus * per_mcu;
        let room = if plane.stride < whole_width || width < whole_width { whole_width * per_mcu } else { 0 };
        Ok(Self { plane, width, rows, whole_width, per_mcu, room: vec![0; room] })
    }

    /// The rows of one row of MCUs; below the picture its last row stands again and again.
    fn mcu_row(&mut self, mcu_row: usize) -> Vec<&[u8]> {
        let Self { plane, width, rows, whole_width, per_mcu, room } = self;
        let first = mcu_row * *per_mcu;
        let row = |row: usize| {
            let begin = row.min(rows.saturating_sub(1)) * plane.stride;
            plane.samples.get(begin..begin + *width).unwrap_or_default()
        };
        let wanted = (first..first + *per_mcu).map(row);
        if room.is_empty() {
            return wanted.collect();
        }
        for (target, source) in room.chunks_exact_mut(*whole_width).zip(wanted) {
            let (own, beyond) = target.split_at_mut(source.len());
            own.copy_from_slice(source);
            beyond.fill(source.last().copied().unwrap_or_default());
        }
        room.chunks_exact(*whole_width).collect()
    }
}
