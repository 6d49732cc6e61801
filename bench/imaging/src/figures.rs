//! The figures that the measurements come to, each with the goal that the design set for it.

use photo_bench_imaging::median::median;
use photo_stack::figures::{Figure, Goal, number};

use crate::{
    contender::Contender,
    job::Job,
    peak::Peaks,
    quality::{Outputs, Quality},
    samples::{Samples, Time},
    throughput::Rates,
};

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) samples: Samples,
    pub(crate) rates: Rates,
    pub(crate) peaks: Peaks,
    pub(crate) quality: Quality,
    /// The least likeness of what our two ways through a photo show.
    pub(crate) paths_ssim: Option<f64>,
}

/// What two contenders are compared in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// Time of the full job, all photos, one process.
    Job,
    /// Processor time of the full job.
    JobCpu,
    /// Time of the thumbnails alone.
    Thumbs,
    /// Photos per second of two processes.
    TwoWorkers,
    /// Length of all outputs: here less is better, and ours is above the line.
    Bytes,
}

/// A figure of two contenders: how many times as good the first is.
#[derive(Debug, Clone, Copy)]
struct Ratio {
    name: &'static str,
    measure: Measure,
    of: Contender,
    to: Contender,
    goal: Goal,
}

const fn ratio(name: &'static str, measure: Measure, to: Contender, goal: Goal) -> Ratio {
    Ratio { name, measure, of: Contender::Ours, to, goal }
}

const fn fast_ratio(name: &'static str, measure: Measure, to: Contender, goal: Goal) -> Ratio {
    Ratio { name, measure, of: Contender::OursFast, to, goal }
}

/// Further settings of ours get lines of their own, with another `of`.
const RATIOS: [Ratio; 13] = [
    ratio("job_ratio_sharp_best", Measure::Job, Contender::SharpBest, Goal::AtLeast(1.7)),
    ratio("job_ratio_2_workers", Measure::TwoWorkers, Contender::SharpBest, Goal::AtLeast(1.8)),
    ratio("job_ratio_sharp_strongest", Measure::Job, Contender::SharpStrongest, Goal::AtLeast(1.4)),
    ratio("thumbs_ratio", Measure::Thumbs, Contender::SharpBest, Goal::AtLeast(1.0)),
    ratio("bytes_ratio", Measure::Bytes, Contender::SharpBest, Goal::AtMost(1.01)),
    fast_ratio("fast_ratio_sharp_default", Measure::Job, Contender::SharpBest, Goal::AtLeast(2.3)),
    fast_ratio("fast_bytes_ratio", Measure::Bytes, Contender::SharpBest, Goal::AtMost(1.03)),
    ratio("job_cpu_ratio_sharp_best", Measure::JobCpu, Contender::SharpBest, Goal::Peer),
    ratio("job_ratio_sharp_naive", Measure::Job, Contender::SharpNaive, Goal::Peer),
    ratio("job_ratio_sharp_clone", Measure::Job, Contender::SharpClone, Goal::Peer),
    ratio("job_ratio_pillow", Measure::Job, Contender::Pillow, Goal::Peer),
    ratio("job_ratio_image", Measure::Job, Contender::Image, Goal::Peer),
    ratio("job_ratio_2_workers_strongest", Measure::TwoWorkers, Contender::SharpStrongest, Goal::Peer),
];

/// The most memory with the largest photo, of each setting of ours.
const PEAKS: [(&str, Contender, Goal); 3] = [
    ("peak_24mp_mb", Contender::Ours, Goal::AtMost(180.0)),
    ("peak_24mp_mb_fast", Contender::OursFast, Goal::AtMost(110.0)),
    ("peak_24mp_mb_sharp_best", Contender::SharpBest, Goal::Peer),
];

impl Results {
    /// All figures whose contenders took part.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        let ratios = RATIOS.into_iter().filter_map(|ratio| {
            let value = self.ratio(ratio)?;
            Some(Figure { name: ratio.name, value, unit: "times", goal: ratio.goal })
        });
        let peaks = PEAKS.into_iter().filter_map(|(name, contender, goal)| {
            Some(Figure { name, value: megabytes(*self.peaks.get(&contender)?), unit: "MB", goal })
        });
        ratios.chain(peaks).chain(self.ssim_delta()).chain(self.paths_ssim()).collect()
    }

    fn ratio(&self, ratio: Ratio) -> Option<f64> {
        let Ratio { of, to, .. } = ratio;
        let times = |job, time| {
            let total = |contender| self.samples.total(contender, job, time);
            Some(total(to)? / total(of)?)
        };
        match ratio.measure {
            Measure::Job => times(Job::Full, Time::Wall),
            Measure::JobCpu => times(Job::Full, Time::Cpu),
            Measure::Thumbs => times(Job::Thumbs, Time::Wall),
            Measure::TwoWorkers => Some(self.rate(of)? / self.rate(to)?),
            Measure::Bytes => {
                let bytes = |contender| Some(self.quality.bytes(contender, Outputs::All)).filter(|bytes| *bytes > 0);
                Some(number(bytes(of)?) / number(bytes(to)?))
            }
        }
    }

    /// The median photos per second of two processes.
    pub(crate) fn rate(&self, contender: Contender) -> Option<f64> {
        median(self.rates.get(&contender)?.clone())
    }

    /// In thousandths: as a plain number it would be rounded to nothing.
    fn ssim_delta(&self) -> Option<Figure> {
        let mean = |contender| self.quality.ssim(contender, Outputs::All);
        let value = 1000.0 * (mean(Contender::Ours)? - mean(Contender::SharpBest)?);
        Some(Figure { name: "ssim_delta", value, unit: "thousandths", goal: Goal::AtLeast(0.0) })
    }

    fn paths_ssim(&self) -> Option<Figure> {
        let value = 1000.0 * self.paths_ssim?;
        Some(Figure { name: "paths_ssim", value, unit: "thousandths", goal: Goal::AtLeast(990.0) })
    }
}

/// KiB in millions of bytes.
pub(crate) fn megabytes(kib: u64) -> f64 {
    number(kib) * 1024.0 / 1e6
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::job::Answer;

    fn results() -> Results {
        let mut samples = Samples::default();
        for (contender, wall_ms) in [(Contender::Ours, 100.0), (Contender::SharpBest, 175.0)] {
            let answer = Answer { wall_ms, cpu_ms: wall_ms / 2.0, peak_kb: 0, has_exif: false, outputs: Vec::new() };
            samples.add(contender, Job::Full, Path::new("12"), &answer);
        }
        let rates = Rates::from([(Contender::Ours, vec![14.0, 15.0, 1.0]), (Contender::SharpBest, vec![7.0])]);
        let peaks = Peaks::from([(Contender::Ours, 170_000)]);
        Results { samples, rates, peaks, quality: Quality::default(), paths_ssim: Some(0.9951) }
    }

    #[test]
    fn figures_are_of_those_who_took_part() {
        let lines: Vec<String> = results().figures().iter().map(ToString::to_string).collect();
        let expected = [
            "figure job_ratio_sharp_best 1.75 times goal >=1.7",
            "figure job_ratio_2_workers 2 times goal >=1.8",
            "figure job_cpu_ratio_sharp_best 1.75 times goal peer",
            "figure peak_24mp_mb 174.1 MB goal <=180",
            "figure paths_ssim 995.1 thousandths goal >=990",
        ];
        assert_eq!(lines, expected);
    }
}
