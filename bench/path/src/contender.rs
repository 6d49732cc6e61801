//! Who is measured, and which pipeline of which stack each of them is.

use std::fmt;

use clap::ValueEnum;
use photo_core::pipeline::Effort;

/// One way for a photo from its upload to its outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Contender {
    /// The platform.
    Ours,
    /// The platform with the effort `Fast`.
    OursFast,
    /// Node with one decode by sharp, and two arenas of malloc: the strongest.
    #[value(name = "node-once-2-arenas")]
    NodeOnceTwoArenas,
    /// The same with as many arenas as malloc likes.
    NodeOnce,
    /// Node with sharp as its documentation has it, a clone for each output: the typical one.
    NodeClone,
}

/// What a contender's worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// `photo-worker` with this effort of optimization.
    Ours(Effort),
    /// `worker.mjs`.
    Node {
        /// How it uses sharp: a name of `pictures.mjs`.
        sharp: &'static str,
        /// `MALLOC_ARENA_MAX` of the worker.
        arenas: Option<&'static str>,
    },
}

impl Contender {
    /// Who is measured where nobody is named.
    pub(crate) const DEFAULT: [Self; 4] = [Self::Ours, Self::OursFast, Self::NodeOnceTwoArenas, Self::NodeClone];

    /// What its worker is.
    pub(crate) fn way(self) -> Way {
        match self {
            Self::Ours => Way::Ours(Effort::Balanced),
            Self::OursFast => Way::Ours(Effort::Fast),
            Self::NodeOnceTwoArenas => Way::Node { sharp: "once", arenas: Some("2") },
            Self::NodeOnce => Way::Node { sharp: "once", arenas: None },
            Self::NodeClone => Way::Node { sharp: "clone", arenas: None },
        }
    }

    /// Its name on the command line and in tables; also that of its pipeline and its queue.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use photo_core::pipeline::PipelineName;

    use super::*;

    #[test]
    fn every_name_can_be_a_pipeline_s() {
        for contender in Contender::value_variants() {
            assert_eq!(contender.name().parse::<PipelineName>().unwrap().as_str(), contender.name());
        }
    }
}
