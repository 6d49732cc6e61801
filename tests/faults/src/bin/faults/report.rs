//! What is printed, and whether anything of it is wrong.

use std::{
    collections::BTreeMap,
    io::{Stdout, Write},
};

use photo_stack::figures::{Figure, Goal, number};

use photo_faults::findings::Findings;

/// The most lines that are shown of one kind of finding.
const SHOWN: usize = 10;

/// Prints as things become known.
#[derive(Debug)]
pub(crate) struct Report {
    out: Stdout,
    is_wrong: bool,
    /// What audits found until now, by the names of the figures.
    found: BTreeMap<&'static str, usize>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { out: std::io::stdout(), is_wrong: false, found: BTreeMap::new() }
    }

    pub(crate) fn say(&mut self, line: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "{line}")?)
    }

    /// A figure whose goal may be missed.
    pub(crate) fn tell(
        &mut self,
        name: &'static str,
        value: f64,
        unit: &'static str,
        goal: Goal,
    ) -> anyhow::Result<()> {
        self.say(&Figure { name, value, unit, goal }.to_string())
    }

    /// A count that has to be as its goal says: anything else is a wrong result.
    pub(crate) fn must(&mut self, name: &'static str, count: usize, goal: Goal) -> anyhow::Result<()> {
        let figure = Figure { name, value: number(count as u64), unit: "found", goal };
        self.is_wrong |= !figure.is_reached();
        self.say(&figure.to_string())
    }

    /// What an audit found: nothing, if all is well.
    pub(crate) fn findings(&mut self, findings: &Findings) -> anyhow::Result<()> {
        for (name, found) in findings.wrong() {
            *self.found.entry(name).or_default() += found.len();
            self.is_wrong |= !found.is_empty();
            for line in found.iter().take(SHOWN) {
                self.say(&format!("  {name}: {line}"))?;
            }
        }
        Ok(())
    }

    /// What all audits found together.
    pub(crate) fn end(&mut self) -> anyhow::Result<()> {
        for (name, count) in std::mem::take(&mut self.found) {
            self.must(name, count, Goal::Exactly(0.0))?;
        }
        Ok(())
    }

    /// Whether something was lost, left over or done twice.
    pub(crate) fn is_wrong(&self) -> bool {
        self.is_wrong
    }
}
