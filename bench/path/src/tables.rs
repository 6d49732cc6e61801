//! What was measured, as tables.

use comfy_table::Table;
use photo_bench_imaging::table::{numbers_right, rounded, table};
use photo_stack::figures::number;

use crate::{
    contender::{Contender, Way},
    figures::megabytes,
    part::Part,
    results::{Measure, Results},
};

/// Who the contenders are.
pub(crate) fn of_contenders(contenders: &[Contender]) -> Table {
    let mut table = table(["contender", "its worker"]);
    for by in contenders {
        let worker = match by.way() {
            Way::Ours(effort) => format!("photo-worker, effort {effort:?}, two photos at a time"),
            Way::Node { sharp, arenas } => {
                let arenas = arenas.map_or("unset".to_owned(), str::to_owned);
                format!("worker.mjs, sharp {sharp}, two photos at a time, MALLOC_ARENA_MAX {arenas}")
            }
        };
        table.add_row([by.name(), worker]);
    }
    table
}

/// A row for each contender.
pub(crate) fn of_path(results: &Results, contenders: &[Contender]) -> Table {
    let mut table =
        table(["upload to completed", "photos/s", "p50 ms", "p99 ms", "CPU ms/photo", "kB of outputs/photo"]);
    for by in contenders.iter().copied() {
        let milliseconds = |percent| rounded(results.milliseconds(by, percent).map(number), 0);
        table.add_row([
            by.name(),
            rounded(results.value(by, Measure::Photos), 2),
            milliseconds(50),
            milliseconds(99),
            rounded(results.value(by, Measure::Cpu), 0),
            rounded(results.value(by, Measure::Bytes).map(|bytes| bytes / 1000.0), 0),
        ]);
    }
    numbers_right(table)
}

/// Processor time by process.
pub(crate) fn of_cpu(results: &Results, contenders: &[Contender]) -> Table {
    by_part("CPU ms/photo", contenders, |by, part| rounded(results.part_cpu(by, part), 1))
}

/// Peaks by process.
pub(crate) fn of_peaks(results: &Results, contenders: &[Contender]) -> Table {
    by_part("peak MB", contenders, |by, part| rounded(results.part_peak(by, part).map(number).map(megabytes), 0))
}

fn by_part(what: &str, contenders: &[Contender], cell: impl Fn(Contender, Part) -> String) -> Table {
    let mut table = table([what.to_owned()].into_iter().chain(Part::ALL.map(|part| part.name().to_owned())));
    for by in contenders.iter().copied() {
        table.add_row([by.name()].into_iter().chain(Part::ALL.map(|part| cell(by, part))));
    }
    numbers_right(table)
}
