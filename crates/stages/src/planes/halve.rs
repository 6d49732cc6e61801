//! Colours as decoders give them, at full or half width, brought to half of both sides.

use photo_core::photo::Dimensions;

use super::{Layout, Planes, length, reduce::rounded};

/// How wide the planes of colour are that a decoder gives, in parts of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wide {
    /// There are none.
    Gray,
    /// Half the width and height (4:2:0).
    Half,
    /// Half the width and all rows (4:2:2).
    HalfWidth,
    /// Both sides (4:4:4).
    Full,
}

impl Planes {
    /// Those that a decoder has written one after the other; sides of which it halves are rounded up to even ones.
    /// Colours are made as small as ours in their place: the mean of the samples that become one.
    pub(crate) fn decoded(size: Dimensions, wide: Wide, mut samples: Vec<u8>) -> Self {
        let (across, down) = wide.parts();
        let (width, height) = (length(size.width), length(size.height));
        let (stride, rows) = (width.next_multiple_of(across), height.next_multiple_of(down));
        let luma = Layout { begin: 0, stride, width, height };
        let mut layouts = vec![luma];
        if wide != Wide::Gray {
            let (given_stride, given_rows) = (stride / across, rows / down);
            let half = (width.div_ceil(2), height.div_ceil(2));
            for plane in 0..2 {
                let given = Layout {
                    begin: stride * rows + plane * given_stride * given_rows,
                    stride: given_stride,
                    width: width.div_ceil(across),
                    height: height.div_ceil(down),
                };
                let begin = layouts.last().map_or(0, |before| if plane == 0 { stride * rows } else { before.end() });
                let target = if wide == Wide::Half {
                    given
                } else {
                    Layout { begin, stride: half.0, width: half.0, height: half.1 }
                };
                shrink(&mut samples, given, target, 2 / across);
                layouts.push(target);
            }
            samples.truncate(layouts.last().map_or(0, |last| last.end()));
            samples.shrink_to_fit();
        }
        Self { width: size.width, height: size.height, samples, layouts }
    }
}

impl Wide {
    /// The parts that the decoder makes one of, across and down.
    fn parts(self) -> (usize, usize) {
        match self {
            Self::Gray | Self::Full => (1, 1),
            Self::Half => (2, 2),
            Self::HalfWidth => (2, 1),
        }
    }

    /// Bytes of the planes of a picture of that size.
    pub(crate) fn bytes(self, width: usize, height: usize) -> usize {
        let (across, down) = self.parts();
        let (stride, rows) = (width.next_multiple_of(across), height.next_multiple_of(down));
        let colours = if self == Self::Gray { 0 } else { 2 * (stride / across) * (rows / down) };
        stride * rows + colours
    }
}

/// Makes one sample of each `across` times 2. What is written never reaches what is yet to be read, so it may lie before.
fn shrink(samples: &mut [u8], given: Layout, target: Layout, across: usize) {
    if given == target {
        return;
    }
    let mut row = vec![0_u8; target.width];
    for place in 0..target.height {
        let line = |row: usize| {
            let begin = given.begin + row.min(given.height - 1) * given.stride;
            samples.get(begin..begin + given.width).unwrap_or_default()
        };
        let (upper, lower) = (line(2 * place), line(2 * place + 1));
        if across == 1 {
            for (place, ((mean, upper), lower)) in row.iter_mut().zip(upper).zip(lower).enumerate() {
                *mean = rounded(u32::from(*upper) + u32::from(*lower), 2, place);
            }
        } else {
            mean_of_four(&mut row, upper, lower);
        }
        let begin = target.begin + place * target.stride;
        if let Some(written) = samples.get_mut(begin..begin + target.width) {
            written.copy_from_slice(&row);
        }
    }
}

fn mean_of_four(row: &mut [u8], upper: &[u8], lower: &[u8]) {
    let sum = |samples: &[u8]| samples.iter().map(|sample| u32::from(*sample)).sum::<u32>();
    let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
    for (place, (target, (upper, lower))) in row.iter_mut().zip(pairs).enumerate() {
        *target = rounded(sum(upper) + sum(lower), 4, place);
    }
    // An odd side: its last column stands alone.
    let place = upper.len() / 2;
    if let (Some(target), [a], [b]) = (row.last_mut(), upper.as_chunks::<2>().1, lower.as_chunks::<2>().1) {
        *target = rounded(u32::from(*a) + u32::from(*b), 2, place);
    }
}
