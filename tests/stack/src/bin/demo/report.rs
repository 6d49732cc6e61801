//! What became of the photos: the table, and the figures with their goals.

use std::{collections::HashMap, fmt};

use comfy_table::{CellAlignment, Table, presets};
use jiff::Timestamp;
use photo_core::{id::PhotoId, photo::PhotoStatus};
use photo_stack::{
    figures::{Figure, Goal, mebibytes, number, percentile},
    photos::PhotoView,
    platform::{Memory, Part},
};

use crate::upload::Sent;

/// What became of each photo, in the order in which they were sent.
#[derive(Debug)]
pub(crate) struct Report {
    rows: Vec<Row>,
    /// Seconds from the first upload's begin to the last photo's end.
    seconds: f64,
}

#[derive(Debug)]
struct Row {
    photo: String,
    expected: PhotoStatus,
    /// `None` where it was refused or is not in the list.
    status: Option<PhotoStatus>,
    /// From the begin of its upload to its end.
    milliseconds: Option<u64>,
    bytes: Option<u64>,
    /// Its outputs, or why there are none.
    outcome: String,
}

impl Report {
    /// Joins what was sent with what the platform says of it.
    pub(crate) fn new(sent: &[Sent], photos: &[PhotoView]) -> Self {
        let by_id: HashMap<PhotoId, &PhotoView> = photos.iter().map(|photo| (photo.id, photo)).collect();
        let rows = sent.iter().map(|sent| Row::new(sent, &by_id)).collect();
        let first = sent.iter().map(|sent| sent.began).min();
        let last = photos.iter().map(|photo| photo.updated_at).max();
        let seconds = first.zip(last).map_or(0.0, |(first, last)| last.duration_since(first).as_secs_f64());
        Self { rows, seconds }
    }

    /// Whether each photo ended as it should.
    pub(crate) fn is_as_expected(&self) -> bool {
        self.rows.iter().all(|row| row.status == Some(row.expected))
    }

    /// The figures of the photos.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        let completed = self.count(|row| row.status == Some(PhotoStatus::Completed));
        let good = self.count(|row| row.expected == PhotoStatus::Completed);
        let ended = self.count(|row| row.milliseconds.is_some());
        let per_second = if self.seconds > 0.0 { number(ended) / self.seconds } else { 0.0 };
        let times: Vec<u64> = self
            .rows
            .iter()
            .filter(|row| row.status == Some(PhotoStatus::Completed))
            .filter_map(|row| row.milliseconds)
            .collect();
        let time = |percent| percentile(&times, percent).map_or(0.0, number);
        vec![
            figure("photos_completed", number(completed), "photos", Goal::Exactly(number(good))),
            figure("photos_per_s", per_second, "1/s", Goal::AtLeast(10.0)),
            figure("upload_to_completed_p50_ms", time(50), "ms", Goal::AtMost(1500.0)),
            figure("upload_to_completed_p99_ms", time(99), "ms", Goal::AtMost(5000.0)),
        ]
    }

    fn count(&self, predicate: impl Fn(&Row) -> bool) -> u64 {
        self.rows.iter().filter(|row| predicate(row)).count() as u64
    }
}

/// How the platform started.
#[derive(Debug)]
pub(crate) struct Started {
    /// From its start to its readiness.
    pub(crate) seconds: f64,
    /// Its memory then.
    pub(crate) idle: Vec<Memory>,
}

impl Started {
    /// The figures of the start; `cold_seconds` counts from the start of make.
    pub(crate) fn figures(&self, cold_seconds: Option<f64>) -> Vec<Figure> {
        let cold = cold_seconds.map(|seconds| figure("demo_cold_s", seconds, "s", Goal::AtMost(900.0)));
        // Of one process a second is asked; a process per role waits for Redis and MinIO.
        let embedded = self.idle.iter().find(|memory| memory.part == Part::Local);
        let goal = Goal::AtMost(if embedded.is_some() { 1000.0 } else { 30_000.0 });
        let start = figure("start_ms", self.seconds * 1000.0, "ms", goal);
        let idle = embedded
            .map(|memory| figure("local_idle_rss_mib", mebibytes(memory.peak_bytes), "MiB", Goal::AtMost(64.0)));
        cold.into_iter().chain([start]).chain(idle).collect()
    }
}

/// The figures of a process's memory once all photos have ended.
pub(crate) fn memory_figures(memory: Memory) -> Vec<Figure> {
    let peak = mebibytes(memory.peak_bytes);
    match memory.part {
        Part::Local => vec![
            figure("local_peak_rss_mib", peak, "MiB", Goal::AtMost(256.0)),
            figure("slots_peak_rss_mib", mebibytes(memory.slots_peak_bytes), "MiB", Goal::AtMost(450.0)),
        ],
        Part::Worker => vec![
            figure("worker_peak_rss_mib", peak, "MiB", Goal::AtMost(450.0)),
            figure("slots_peak_rss_mib", mebibytes(memory.slots_peak_bytes), "MiB", Goal::AtMost(450.0)),
        ],
        Part::Api => vec![figure("api_peak_rss_mib", peak, "MiB", Goal::AtMost(256.0))],
    }
}

fn figure(name: &'static str, value: f64, unit: &'static str, goal: Goal) -> Figure {
    Figure { name, value, unit, goal }
}

impl Row {
    fn new(sent: &Sent, photos: &HashMap<PhotoId, &PhotoView>) -> Self {
        let photo = sent.accepted.as_ref().ok().and_then(|id| photos.get(id));
        let outcome = match (&sent.accepted, photo) {
            (Err(refusal), _) => format!("refused: {refusal}"),
            (Ok(id), None) => format!("{id} is not in the list"),
            (Ok(_), Some(photo)) => outcome(photo),
        };
        Self {
            photo: sent.sample.name.clone(),
            expected: sent.sample.expected(),
            status: photo.map(|photo| photo.status),
            milliseconds: photo.filter(|photo| photo.status.is_terminal()).map(|photo| milliseconds(sent.began, photo)),
            bytes: photo.map(|photo| photo.size_bytes),
            outcome,
        }
    }

    fn status(&self) -> String {
        let status = self.status.map_or("refused", PhotoStatus::as_str);
        if self.status == Some(self.expected) {
            status.to_owned()
        } else {
            format!("{status}, not {}", self.expected.as_str())
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(["photo", "status", "ms", "bytes", "variants"]);
        for index in [2, 3] {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for row in &self.rows {
            let numbers =
                [row.milliseconds, row.bytes].map(|value| value.map_or(String::new(), |value| value.to_string()));
            let [milliseconds, bytes] = numbers;
            table.add_row([row.photo.clone(), row.status(), milliseconds, bytes, row.outcome.clone()]);
        }
        writeln!(f, "{table}")?;
        writeln!(f, "ms: from the client's first byte to the commit of the photo's end (updatedAt); same clock.")
    }
}

/// Sizes of its outputs, or its failure in words.
fn outcome(photo: &PhotoView) -> String {
    if let Some(failure) = &photo.failure {
        return failure.message.clone();
    }
    let variants = photo.variants.iter();
    let sizes = variants.map(|variant| format!("{} ({}x{})", variant.name, variant.width, variant.height));
    sizes.collect::<Vec<_>>().join("  ")
}

fn milliseconds(began: Timestamp, photo: &PhotoView) -> u64 {
    // Negative only where somebody set the clock back meanwhile.
    u64::try_from(photo.updated_at.duration_since(began).as_millis()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
