//! Figures: lines that a program reads and a person understands, each with the goal it is held against.

use std::fmt;

/// A measured number.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What was measured: `photos_per_s`.
    pub name: &'static str,
    /// How much it was.
    pub value: f64,
    /// In what: `s`, `ms`, `MiB`, `1/s`, `photos`.
    pub unit: &'static str,
    /// What it should be.
    pub goal: Goal,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// This much or less.
    AtMost(f64),
    /// This much or more.
    AtLeast(f64),
    /// Exactly this.
    Exactly(f64),
    /// None: it is what a peer does in the same run, for comparison.
    Peer,
}

impl Figure {
    /// Whether the goal is reached.
    pub fn is_reached(&self) -> bool {
        match self.goal {
            Goal::AtMost(most) => self.value <= most,
            Goal::AtLeast(least) => self.value >= least,
            Goal::Exactly(this) => (self.value - this).abs() < f64::EPSILON,
            Goal::Peer => true,
        }
    }
}

impl fmt::Display for Figure {
    /// `figure NAME VALUE UNIT goal GOAL`. Values below 10 keep two decimals: ratios are among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = if self.value.abs() < 10.0 { 100.0 } else { 10.0 };
        // Adding nothing takes the sign off a zero.
        let value = (self.value * steps).round() / steps + 0.0;
        write!(f, "figure {} {value} {} goal ", self.name, self.unit)?;
        match self.goal {
            Goal::AtMost(most) => write!(f, "<={most}"),
            Goal::AtLeast(least) => write!(f, ">={least}"),
            Goal::Exactly(this) => write!(f, "={this}"),
            Goal::Peer => f.write_str("peer"),
        }
    }
}

/// A count as the value of a figure.
pub fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Bytes in MiB.
pub fn mebibytes(bytes: u64) -> f64 {
    number(bytes / 1024) / 1024.0
}

/// The value that `percent` of the values do not exceed (nearest rank); `None` of no values.
pub fn percentile(values: &[u64], percent: usize) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent.min(100)).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_one_line_with_its_goal() {
        let cases = [
            (Goal::AtMost(5000.0), 312.06, "figure wait_ms 312.1 ms goal <=5000", true),
            (Goal::AtMost(5000.0), 5001.0, "figure wait_ms 5001 ms goal <=5000", false),
            (Goal::AtLeast(10.0), 9.9, "figure wait_ms 9.9 ms goal >=10", false),
            (Goal::AtLeast(1.7), 1.746, "figure wait_ms 1.75 ms goal >=1.7", true),
            (Goal::AtLeast(0.0), -0.001, "figure wait_ms 0 ms goal >=0", false),
            (Goal::AtLeast(0.0), -1.234, "figure wait_ms -1.23 ms goal >=0", false),
            (Goal::Exactly(96.0), 96.0, "figure wait_ms 96 ms goal =96", true),
            (Goal::Exactly(96.0), 95.0, "figure wait_ms 95 ms goal =96", false),
            (Goal::Peer, 95.0, "figure wait_ms 95 ms goal peer", true),
        ];
        for (goal, value, line, reached) in cases {
            let figure = Figure { name: "wait_ms", value, unit: "ms", goal };
            assert_eq!((figure.to_string().as_str(), figure.is_reached()), (line, reached));
        }
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(percentile(&hundred, 50), Some(50));
        assert_eq!(percentile(&hundred, 99), Some(99));
        assert_eq!(percentile(&hundred, 100), Some(100));
        assert_eq!(percentile(&[7], 50), Some(7));
        assert_eq!(percentile(&[7, 9], 99), Some(9));
        assert_eq!(percentile(&[], 50), None);
    }
}
