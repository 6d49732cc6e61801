//! A Huffman code as a JPEG has it, and the same code with every symbol that a block may hold.

/// Codes of up to 16 bits, as in a DHT segment (ITU-T T.81, B.2.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    /// How many codes there are of each length; the first number is not used.
    pub(crate) counts: [u8; LENGTHS],
    /// The symbols by their codes' lengths, as many as there are codes.
    pub(crate) symbols: Vec<u8>,
}

/// Lengths that a code may have, with 0.
pub(crate) const LENGTHS: usize = 17;

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// The difference of two neighbouring blocks' means.
    Dc,
    /// A run of zeros and what follows it.
    Ac,
}

impl Alphabet {
    /// Every symbol that 8-bit samples can need: sizes up to 11 of differences, up to 10 of what follows a run of up to
    /// 15 zeros, and the two symbols for the end of a block and 16 zeros (T.81, F.1.2).
    fn symbols(self) -> Vec<u8> {
        match self {
            Self::Dc => (0..=11).collect(),
            Self::Ac => {
                let runs = (0..16_u8).flat_map(|run| (1..=10_u8).map(move |size| run << 4 | size));
                [0x00, 0xF0].into_iter().chain(runs).collect()
            }
        }
    }
}

impl Code {
    /// A code for the whole alphabet that is nearly as good for whatever this one was made for: symbols that it lacks get
    /// the longest codes.
    pub(crate) fn completed(&self, alphabet: Alphabet) -> Self {
        let known = self.lengths();
        let weight = |symbol: u8| {
            let length = known.iter().find(|(known, _)| *known == symbol).map(|(_, length)| *length);
            // What is coded with one bit less was twice as frequent.
            length.map_or(1, |length| 1_u64 << (20 - length.min(16)))
        };
        let weights: Vec<(u8, u64)> = alphabet.symbols().into_iter().map(|symbol| (symbol, weight(symbol))).collect();
        Self::of(&weights)
    }

    /// The symbols with the lengths of their codes.
    fn lengths(&self) -> Vec<(u8, usize)> {
        let lengths = self.counts.iter().enumerate().flat_map(|(length, count)| (0..*count).map(move |_| length));
        self.symbols.iter().copied().zip(lengths).collect()
    }

    /// The code for symbols that are so frequent, none of them 0 times, by T.81, K.2.
    fn of(weights: &[(u8, u64)]) -> Self {
        // The one code of only ones is no symbol's: it belongs to this one, the rarest of all.
        let reserved = (None, 0);
        let mut trees: Vec<(u64, Vec<Option<u8>>)> =
            weights.iter().map(|(symbol, weight)| (*weight, vec![Some(*symbol)])).collect();
        trees.push((reserved.1, vec![reserved.0]));
        let mut depths = [0_usize; 257];
        while let Some(rarest) = take_rarest(&mut trees) {
            let Some(next) = take_rarest(&mut trees) else { break };
            let leaves: Vec<Option<u8>> = rarest.1.into_iter().chain(next.1).collect();
            for leaf in &leaves {
                if let Some(depth) = depths.get_mut(place(*leaf)) {
                    *depth += 1;
                }
            }
            trees.push((rarest.0 + next.0, leaves));
        }
        let depth = |symbol: Option<u8>| depths.get(place(symbol)).copied().unwrap_or_default();
        let mut sorted: Vec<u8> = weights.iter().map(|(symbol, _)| *symbol).collect();
        sorted.sort_by_key(|symbol| (depth(Some(*symbol)), *symbol));
        let all = sorted.iter().map(|symbol| Some(*symbol)).chain([None]);
        Self { counts: shortened(all.map(depth)), symbols: sorted }
    }
}

fn place(symbol: Option<u8>) -> usize {
    symbol.map_or(256, usize::from)
}

/// Of two that are as rare, the later: the reserved one stays behind all others.
fn take_rarest(trees: &mut Vec<(u64, Vec<Option<u8>>)>) -> Option<(u64, Vec<Option<u8>>)> {
    let rarest = trees.iter().enumerate().rev().min_by_key(|(_, (weight, _))| *weight).map(|(place, _)| place)?;
    Some(trees.remove(rarest))
}

/// How many codes there are of each length where none is longer than 16 bits, by T.81, figure K.3, and without the
/// reserved one, which is one of the longest.
fn shortened(depths: impl Iterator<Item = usize>) -> [u8; LENGTHS] {
    const LONGEST: usize = 257;
    let mut counts = [0_usize; LONGEST + 1];
    let change = |counts: &mut [usize], length: usize, by: isize| {
        if let Some(count) = counts.get_mut(length) {
            *count = count.saturating_add_signed(by);
        }
    };
    let count = |counts: &[usize], length: usize| counts.get(length).copied().unwrap_or_default();
    depths.for_each(|depth| change(&mut counts, depth, 1));
    for length in (LENGTHS..=LONGEST).rev() {
        while count(&counts, length) > 0 {
            // A pair of the longest becomes one that is shorter, and a shorter one a pair.
            let shorter = (1..length - 1).rev().find(|shorter| count(&counts, *shorter) > 0).unwrap_or(1);
            change(&mut counts, length, -2);
            change(&mut counts, length - 1, 1);
            change(&mut counts, shorter + 1, 2);
            change(&mut counts, shorter, -1);
        }
    }
    if let Some(longest) = (1..LENGTHS).rev().find(|length| count(&counts, *length) > 0) {
        change(&mut counts, longest, -1);
    }
    std::array::from_fn(|length| u8::try_from(count(&counts, length)).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(lengths: &[(usize, &[u8])]) -> Code {
        let mut counts = [0; LENGTHS];
        for (length, symbols) in lengths {
            counts[*length] = u8::try_from(symbols.len()).unwrap();
        }
        Code { counts, symbols: lengths.iter().flat_map(|(_, symbols)| symbols.to_vec()).collect() }
    }

    /// Codes that no longer one begins with: of all that are possible so much is taken, in parts of 2^16.
    fn taken(code: &Code) -> u32 {
        code.counts.iter().enumerate().skip(1).map(|(length, count)| u32::from(*count) << (16 - length)).sum()
    }

    #[test]
    fn what_was_frequent_keeps_its_short_code() {
        let given = code(&[(1, &[0x01]), (2, &[0x02]), (3, &[0x11])]);
        let completed = given.completed(Alphabet::Ac);
        assert_eq!(completed.lengths()[..3], [(0x01, 1), (0x02, 2), (0x11, 3)]);
        assert_eq!(completed.symbols.len(), 162);
    }

    #[test]
    fn nothing_is_a_code_too() {
        let completed = code(&[]).completed(Alphabet::Dc);
        assert_eq!(completed.symbols.len(), 12);
        assert!(taken(&completed) < 1 << 16);
    }

    proptest! {
        #[test]
        fn every_code_is_one_that_a_jpeg_may_have(weights in proptest::collection::vec(1_u64..1 << 40, 1..200)) {
            let weights: Vec<(u8, u64)> = (0..).zip(weights).collect();
            let code = Code::of(&weights);
            prop_assert_eq!(code.counts.iter().map(|count| usize::from(*count)).sum::<usize>(), weights.len());
            prop_assert_eq!(code.symbols.len(), weights.len());
            prop_assert!(taken(&code) < 1 << 16, "the code of only ones is free");
        }
    }
}
