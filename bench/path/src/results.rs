//! Everything that was measured, and what of it is told.

use std::collections::BTreeMap;

use photo_bench_imaging::median::median;
use photo_stack::figures::{number, percentile};

use crate::{contender::Contender, part::Part, turn::Turn};

/// The turns of each contender, in the order of rounds.
#[derive(Debug, Default)]
pub(crate) struct Results {
    turns: BTreeMap<Contender, Vec<Turn>>,
}

/// What contenders are compared in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Photos per second.
    Photos,
    /// Processor time of a photo, all processes together, in milliseconds.
    Cpu,
    /// The most memory of the worker and its slots, added up, in bytes.
    WorkerPeak,
    /// Length of a photo's outputs.
    Bytes,
}

impl Results {
    /// Keeps a turn.
    pub(crate) fn add(&mut self, contender: Contender, turn: Turn) {
        self.turns.entry(contender).or_default().push(turn);
    }

    /// The median of the rounds; of a peak the greatest.
    pub(crate) fn value(&self, by: Contender, measure: Measure) -> Option<f64> {
        let values: Vec<f64> = self.turns.get(&by)?.iter().map(|turn| of_turn(turn, measure)).collect();
        if measure == Measure::WorkerPeak { values.into_iter().reduce(f64::max) } else { median(values) }
    }

    /// How many times as much `of` has as `to`. Of what drifts with the machine it is the median of the rounds' ratios, both
    /// sides of which are minutes apart at most; of peaks the ratio of the greatest.
    pub(crate) fn ratio(&self, of: Contender, to: Contender, measure: Measure) -> Option<f64> {
        if measure == Measure::WorkerPeak {
            return Some(self.value(of, measure)? / self.value(to, measure)?);
        }
        let rounds = self.turns.get(&of)?.iter().zip(self.turns.get(&to)?);
        median(rounds.map(|(of, to)| of_turn(of, measure) / of_turn(to, measure)).collect())
    }

    /// The time from upload to completed that `percent` of all photos do not exceed, in milliseconds.
    pub(crate) fn milliseconds(&self, by: Contender, percent: usize) -> Option<u64> {
        let photos = self.turns.get(&by)?.iter().flat_map(|turn| &turn.photos);
        let times: Vec<u64> = photos.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)).collect();
        percentile(&times, percent)
    }

    /// Processor time of a photo in one part, in milliseconds: the mean of all, because a turn's is counted in hundredths
    /// of a second.
    pub(crate) fn part_cpu(&self, by: Contender, part: Part) -> Option<f64> {
        let turns = self.turns.get(&by)?;
        let photos = number(turns.iter().map(|turn| turn.photos.len() as u64).sum());
        let used = turns.iter().filter_map(|turn| turn.used.get(&part)).map(|used| used.cpu.as_secs_f64());
        let used: Vec<f64> = used.collect();
        (!used.is_empty()).then(|| used.iter().sum::<f64>() * 1000.0 / photos)
    }

    /// The most memory of a part in any turn, in bytes.
    pub(crate) fn part_peak(&self, by: Contender, part: Part) -> Option<u64> {
        self.turns.get(&by)?.iter().filter_map(|turn| turn.used.get(&part)).map(|used| used.peak_bytes).max()
    }
}

fn of_turn(turn: &Turn, measure: Measure) -> f64 {
    let photos = number(turn.photos.len() as u64);
    match measure {
        Measure::Photos => photos / turn.time.as_secs_f64(),
        Measure::Cpu => turn.used.values().map(|used| used.cpu.as_secs_f64()).sum::<f64>() * 1000.0 / photos,
        Measure::WorkerPeak => {
            let parts = [Part::Worker, Part::Slots].iter().filter_map(|part| turn.used.get(part));
            number(parts.map(|used| used.peak_bytes).sum())
        }
        Measure::Bytes => number(turn.output_bytes) / photos,
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use std::time::Duration;

    use super::*;
    use crate::usage::Used;

    /// Two photos in a turn of so many seconds.
    pub(crate) fn turn(seconds: u64, worker: Used) -> Turn {
        let slots = Used { cpu: Duration::ZERO, peak_bytes: 50_000_000 };
        let redis = Used { cpu: Duration::from_millis(20), peak_bytes: 5_000_000 };
        Turn {
            time: Duration::from_secs(seconds),
            photos: vec![Duration::from_millis(300), Duration::from_millis(900)],
            used: BTreeMap::from([(Part::Worker, worker), (Part::Slots, slots), (Part::Redis, redis)]),
            output_bytes: 4_000_000,
        }
    }

    /// Ours beside two of Node's, over two rounds.
    pub(crate) fn results() -> Results {
        let used = |milliseconds, peak_bytes| Used { cpu: Duration::from_millis(milliseconds), peak_bytes };
        let mut results = Results::default();
        for (round, drift) in [(0, 1), (1, 2)] {
            results.add(Contender::Ours, turn(drift, used(180, 50_000_000 + round)));
            results.add(Contender::NodeOnceTwoArenas, turn(2 * drift, used(380, 350_000_000)));
            results.add(Contender::NodeClone, turn(3 * drift, used(480, 850_000_000)));
        }
        results
    }
}

#[cfg(test)]
mod tests {
    use super::{samples::results, *};

    fn near(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-6)
    }

    #[test]
    fn values_are_those_in_the_middle_and_peaks_the_greatest() {
        let results = results();
        assert!(near(results.value(Contender::Ours, Measure::Photos), 1.5));
        assert!(near(results.value(Contender::Ours, Measure::Cpu), 100.0));
        assert!(near(results.value(Contender::Ours, Measure::WorkerPeak), 100_000_001.0));
        assert!(near(results.part_cpu(Contender::Ours, Part::Redis), 10.0));
        assert_eq!(results.part_cpu(Contender::Ours, Part::Storage), None);
        assert_eq!(results.part_peak(Contender::NodeClone, Part::Worker), Some(850_000_000));
        assert_eq!(results.milliseconds(Contender::Ours, 99), Some(900));
        assert_eq!(results.value(Contender::OursFast, Measure::Photos), None);
    }

    #[test]
    fn a_machine_that_drifts_between_rounds_changes_no_ratio() {
        let results = results();
        assert!(near(results.ratio(Contender::Ours, Contender::NodeOnceTwoArenas, Measure::Photos), 2.0));
        assert!(near(results.ratio(Contender::Ours, Contender::NodeOnceTwoArenas, Measure::Cpu), 0.5));
        assert!(near(results.ratio(Contender::Ours, Contender::NodeClone, Measure::Bytes), 1.0));
    }
}
