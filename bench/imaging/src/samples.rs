//! What was measured, and what of it is told: the median of each photo, and the sum of those.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use photo_bench_imaging::median::median;

use crate::{
    contender::Contender,
    job::{Answer, Job},
};

/// Times of jobs, by who did which to what.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    taken: BTreeMap<(Contender, Job, PathBuf), Vec<Sample>>,
}

/// What one job took.
#[derive(Debug, Clone, Copy)]
struct Sample {
    wall_ms: f64,
    cpu_ms: f64,
}

/// A kind of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// On the clock.
    Wall,
    /// On processors.
    Cpu,
}

impl Samples {
    /// Keeps what a job took.
    pub(crate) fn add(&mut self, contender: Contender, job: Job, photo: &Path, answer: &Answer) {
        let sample = Sample { wall_ms: answer.wall_ms, cpu_ms: answer.cpu_ms };
        self.taken.entry((contender, job, photo.to_owned())).or_default().push(sample);
    }

    /// The median milliseconds of a job with a photo.
    pub(crate) fn median(&self, contender: Contender, job: Job, photo: &Path, time: Time) -> Option<f64> {
        let samples = self.taken.get(&(contender, job, photo.to_owned()))?;
        median(samples.iter().map(|sample| sample.of(time)).collect())
    }

    /// The sum of all photos' medians. `None` where there is none.
    pub(crate) fn total(&self, contender: Contender, job: Job, time: Time) -> Option<f64> {
        let own = self.taken.iter().filter(|((by, done, _), _)| (*by, *done) == (contender, job));
        let medians = own.filter_map(|(_, samples)| median(samples.iter().map(|sample| sample.of(time)).collect()));
        medians.fold(None, |sum, median| Some(sum.unwrap_or(0.0) + median))
    }
}

impl Sample {
    fn of(self, time: Time) -> f64 {
        match time {
            Time::Wall => self.wall_ms,
            Time::Cpu => self.cpu_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn took(wall_ms: f64) -> Answer {
        Answer { wall_ms, cpu_ms: 2.0 * wall_ms, peak_kb: 0, has_exif: false, outputs: Vec::new() }
    }

    #[test]
    fn a_total_is_the_sum_of_the_photos_medians() {
        let mut samples = Samples::default();
        for (photo, walls) in [("a", [1.0, 2.0, 50.0]), ("b", [10.0, 30.0, 20.0])] {
            for wall in walls {
                samples.add(Contender::Ours, Job::Full, Path::new(photo), &took(wall));
            }
        }
        samples.add(Contender::Ours, Job::Thumbs, Path::new("a"), &took(0.5));
        assert_eq!(samples.total(Contender::Ours, Job::Full, Time::Wall), Some(22.0));
        assert_eq!(samples.total(Contender::Ours, Job::Full, Time::Cpu), Some(44.0));
        assert_eq!(samples.median(Contender::Ours, Job::Thumbs, Path::new("a"), Time::Wall), Some(0.5));
        assert_eq!(samples.total(Contender::Pillow, Job::Full, Time::Wall), None);
    }
}
