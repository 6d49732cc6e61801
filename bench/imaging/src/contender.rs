//! Who is measured, and which program each of them is.

use std::fmt;

use clap::ValueEnum;
use photo_core::pipeline::{Effort, OptimizationSpec};

/// One way of doing the job. A new setting of ours is a value here and its arm in [`Contender::program`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Contender {
    /// The worker's stages in a slot, as a worker runs them.
    Ours,
    /// The same with the effort `Fast`.
    OursFast,
    /// sharp by the script: shrink-on-load for the thumbnails, the whole photo in a pipeline of its own.
    SharpBest,
    /// sharp with one decode to pixels, and every output from those.
    SharpStrongest,
    /// sharp as its documentation has it: one input, a clone for each output.
    SharpClone,
    /// sharp as most programs use it: a pipeline for each output.
    SharpNaive,
    /// `SharpBest` without optimised Huffman tables.
    SharpBestStandard,
    /// `SharpStrongest` without optimised Huffman tables.
    SharpStrongestStandard,
    /// `SharpClone` without optimised Huffman tables.
    SharpCloneStandard,
    /// `SharpNaive` without optimised Huffman tables.
    SharpNaiveStandard,
    /// Pillow, one decode.
    Pillow,
    /// The `image` crate alone.
    Image,
}

/// The program that a contender is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// This very binary, with the worker's slots.
    Ours(OptimizationSpec),
    /// This very binary, with the `image` crate.
    Image,
    /// `sharp.mjs` with these arguments.
    Sharp(&'static [&'static str]),
    /// `pillow_peer.py`.
    Pillow,
}

impl Contender {
    /// Who is measured where nobody is named: everyone at sharp's defaults.
    pub(crate) const DEFAULT: [Self; 8] = [
        Self::Ours,
        Self::OursFast,
        Self::SharpBest,
        Self::SharpStrongest,
        Self::SharpClone,
        Self::SharpNaive,
        Self::Pillow,
        Self::Image,
    ];

    /// Which program it is.
    pub(crate) fn program(self) -> Program {
        match self {
            Self::Ours => ours(Effort::Balanced),
            Self::OursFast => ours(Effort::Fast),
            Self::SharpBest => Program::Sharp(&["best"]),
            Self::SharpStrongest => Program::Sharp(&["strongest"]),
            Self::SharpClone => Program::Sharp(&["clone"]),
            Self::SharpNaive => Program::Sharp(&["naive"]),
            Self::SharpBestStandard => Program::Sharp(&["best", "--standard-tables"]),
            Self::SharpStrongestStandard => Program::Sharp(&["strongest", "--standard-tables"]),
            Self::SharpCloneStandard => Program::Sharp(&["clone", "--standard-tables"]),
            Self::SharpNaiveStandard => Program::Sharp(&["naive", "--standard-tables"]),
            Self::Pillow => Program::Pillow,
            Self::Image => Program::Image,
        }
    }

    /// Whether it is a setting of ours.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self.program(), Program::Ours(_))
    }

    /// Its name on the command line and in tables.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Our program, at the quality that every peer has.
fn ours(effort: Effort) -> Program {
    Program::Ours(OptimizationSpec { quality_percent: 80, effort, ..OptimizationSpec::default() })
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}
