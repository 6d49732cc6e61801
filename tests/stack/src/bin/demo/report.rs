//! What became of the photos: the table, and the figures with their goals.

use std::{collections::HashMap, fmt};

use comfy_table::{CellAlignment, Table, presets};
use jiff::Timestamp;
use photo_core::{id::PhotoId, photo::PhotoStatus};
use photo_stack::{
    figures::{Figure, Goal, percentile},
    photos::PhotoView,
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

    /// The figures. `memory` is the peak of the api role and of the largest worker, in bytes.
    pub(crate) fn figures(&self, cold_seconds: Option<f64>, memory: (u64, u64)) -> Vec<Figure> {
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
        let (api, worker) = memory;
        let figure = |name, value, unit, goal| Figure { name, value, unit, goal };
        let cold = cold_seconds.map(|seconds| figure("demo_cold_s", seconds, "s", Goal::AtMost(900.0)));
        let others = [
            figure("photos_completed", number(completed), "photos", Goal::Exactly(number(good))),
            figure("photos_per_s", per_second, "1/s", Goal::AtLeast(10.0)),
            figure("upload_to_completed_p50_ms", time(50), "ms", Goal::AtMost(1500.0)),
            figure("upload_to_completed_p99_ms", time(99), "ms", Goal::AtMost(5000.0)),
            figure("api_peak_rss_mib", mebibytes(api), "MiB", Goal::AtMost(256.0)),
            figure("worker_peak_rss_mib", mebibytes(worker), "MiB", Goal::AtMost(450.0)),
        ];
        cold.into_iter().chain(others).collect()
    }

    fn count(&self, predicate: impl Fn(&Row) -> bool) -> u64 {
        self.rows.iter().filter(|row| predicate(row)).count() as u64
    }
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

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn mebibytes(bytes: u64) -> f64 {
    number(bytes / 1024) / 1024.0
}

#[cfg(test)]
mod tests;
