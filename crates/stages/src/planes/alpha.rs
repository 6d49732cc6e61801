//! Planes whose colours are multiplied by a plane of alpha: laid onto a ground, or divided by it again.

use photo_core::pipeline::Background;

use super::{CHANNELS, Channel, Planes};

/// So many rows and columns of samples have one colour where nothing is seen of them, as in libwebp: those of a transform.
const BLOCK: usize = 8;

/// Least alpha that a colour is divided by: eight bits hold no more of fainter ones than a sixteenth of what there was.
const CLEAR: u8 = 16;

impl Planes {
    /// Lays the picture onto a ground of one colour.
    pub(crate) fn lay_on(&mut self, background: Background, alpha: &Self) {
        let rgb = background.rgb().map(i32::from);
        self.each_channel(alpha, |channel, rows, alphas| {
            // In 256ths: so its product with an alpha stays within 32 bits.
            let ground = channel.of(rgb) / 256;
            for (sample, alpha) in rows.iter_mut().zip(alphas).flat_map(|(row, alphas)| row.iter_mut().zip(*alphas)) {
                let added = ground * i32::from(u8::MAX - alpha) / 255;
                *sample = clamped(i32::from(*sample) + ((added + 128) >> 8));
            }
        });
    }

    /// Makes its colours what they were before they were multiplied. Where next to nothing is seen of them, they become the mean
    /// of those beside them: edges that nobody sees take bytes, and show in what is around them.
    pub(crate) fn divide(&mut self, alpha: &Self) {
        self.each_channel(alpha, |channel, rows, alphas| {
            let mut unseen = channel.zero;
            for (rows, alphas) in rows.chunks_mut(BLOCK).zip(alphas.chunks(BLOCK)) {
                let width = rows.first().map_or(0, |row| row.len());
                for left in (0..width).step_by(BLOCK) {
                    unseen = mean(channel, block(rows, alphas, left)).unwrap_or(unseen);
                    block(rows, alphas, left)
                        .for_each(|(sample, alpha)| *sample = whole(channel, *sample, *alpha, unseen));
                }
            }
        });
    }

    /// Changes the rows of each plane, beside which lie, for each sample, the mean alpha of the pixels that it stands for.
    fn each_channel(&mut self, alpha: &Self, change: impl Fn(Channel, &mut [&mut [u8]], &[&[u8]])) {
        let halved = alpha.reduced(2);
        for (layout, channel) in self.layouts.iter().zip(CHANNELS) {
            let alpha = if channel.pixels == 1 { alpha } else { &halved };
            let alphas: Vec<&[u8]> = alpha.luma_rows().collect();
            let room = self.samples.get_mut(layout.begin..layout.end()).unwrap_or_default();
            let rows = room.chunks_exact_mut(layout.stride.max(1));
            let mut rows: Vec<&mut [u8]> = rows.map(|row| row.get_mut(..layout.width).unwrap_or_default()).collect();
            change(channel, &mut rows, &alphas);
        }
    }
}

/// The samples of the block that begins at that column, with their alphas.
fn block<'a>(
    rows: &'a mut [&mut [u8]],
    alphas: &'a [&[u8]],
    left: usize,
) -> impl Iterator<Item = (&'a mut u8, &'a u8)> {
    let rows = rows.iter_mut().zip(alphas);
    rows.flat_map(move |(row, alphas)| row.iter_mut().zip(*alphas).skip(left).take(BLOCK))
}

/// The mean of samples before they were multiplied, each by how much there is of it; `None` where nothing is clear.
fn mean<'a>(channel: Channel, samples: impl Iterator<Item = (&'a mut u8, &'a u8)>) -> Option<i32> {
    let clear = samples.filter(|(_, alpha)| **alpha >= CLEAR);
    let (excess, alpha) = clear.fold((0, 0), |(excess, sum), (sample, alpha)| {
        (excess + i32::from(*sample) - channel.zero, sum + i32::from(*alpha))
    });
    (alpha > 0).then(|| channel.zero + quotient(excess, alpha))
}

/// What became the sample; `unseen` where it is next to nothing.
fn whole(channel: Channel, sample: u8, alpha: u8, unseen: i32) -> u8 {
    let clear = || channel.zero + quotient(i32::from(sample) - channel.zero, alpha.into());
    clamped(if alpha < CLEAR { unseen } else { clear() })
}

/// What became `excess` when it was multiplied by so many 255ths, which are more than none.
fn quotient(excess: i32, alpha: i32) -> i32 {
    (excess * 255 + alpha / 2).div_euclid(alpha)
}

fn clamped(sample: i32) -> u8 {
    u8::try_from(sample.clamp(0, 255)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
