//! A picture reduced by a power of two: each sample is the mean of those it stands for.

use photo_core::photo::Dimensions;

use super::{Layout, Planes};

/// By how much the sides are divided at once at most: so many rows of samples add up within 16 bits.
const AT_ONCE: usize = 16;

impl Planes {
    /// The picture with `divisor` times `divisor` samples of each plane made one; `divisor` is a power of two. Where a side is
    /// no multiple of it, the last samples stand for fewer, so that each lies where it belongs.
    pub(crate) fn reduced(&self, divisor: usize) -> Self {
        let step = divisor.min(AT_ONCE);
        let reduced = match step {
            16 => self.reduced_by::<16>(),
            8 => self.reduced_by::<8>(),
            4 => self.reduced_by::<4>(),
            _ => self.reduced_by::<2>(),
        };
        if divisor > AT_ONCE { reduced.reduced(divisor / AT_ONCE) } else { reduced }
    }

    fn reduced_by<const BY: usize>(&self) -> Self {
        let by = u32::try_from(BY).unwrap_or(u32::MAX);
        let size = Dimensions { width: self.width.div_ceil(by), height: self.height.div_ceil(by) };
        let mut made = Self::empty(size, self.is_gray());
        for (source, target) in self.layouts.iter().zip(made.layouts.clone()) {
            let room = made.samples.get_mut(target.begin..target.end()).unwrap_or_default();
            reduce::<BY>(*source, &self.samples, target, room);
        }
        made
    }
}

fn reduce<const BY: usize>(source: Layout, samples: &[u8], target: Layout, room: &mut [u8]) {
    let rows: Vec<&[u8]> = source.rows(samples).collect();
    let mut sums = vec![0_u16; source.width];
    for (target, rows) in room.chunks_exact_mut(target.stride.max(1)).zip(rows.chunks(BY)) {
        sums.fill(0);
        for row in rows {
            sums.iter_mut().zip(*row).for_each(|(sum, sample)| *sum += u16::from(*sample));
        }
        let (whole, rest) = sums.as_chunks::<BY>();
        let samples = target.iter_mut().zip(whole).enumerate();
        if rows.len() == BY {
            samples.for_each(|(place, (target, sums))| *target = mean(sums, BY, place));
        } else {
            samples.for_each(|(place, (target, sums))| *target = mean(sums, rows.len(), place));
        }
        if let (Some(target), false) = (target.last_mut(), rest.is_empty()) {
            *target = mean(rest, rows.len(), whole.len());
        }
    }
}

/// The mean of samples that were added up over so many rows. Inlined, a power of two of them is no division.
#[expect(clippy::inline_always, reason = "where the count is known, dividing by it is a shift")]
#[inline(always)]
fn mean(sums: &[u16], rows: usize, place: usize) -> u8 {
    let sum: u32 = sums.iter().map(|sum| u32::from(*sum)).sum();
    rounded(sum, u32::try_from(sums.len() * rows).unwrap_or(u32::MAX).max(1), place)
}

/// `sum` divided by `count`. What lies in the middle is rounded up at every other place: in smooth pictures there is much of
/// it, and each reduction would make them brighter.
#[expect(clippy::inline_always, reason = "where the count is known, dividing by it is a shift")]
#[inline(always)]
pub(super) fn rounded(sum: u32, count: u32, place: usize) -> u8 {
    let half = if place.is_multiple_of(2) { count / 2 } else { (count - 1) / 2 };
    u8::try_from((sum + half) / count).unwrap_or(u8::MAX)
}
