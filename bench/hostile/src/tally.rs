//! What came of all files: tables, figures, and the names of those that broke something.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use comfy_table::{CellAlignment, Table, presets};
use photo_stack::figures::{Figure, Goal, number};

use crate::{
    corpus::Kind,
    course::Course,
    ending::{Ending, Exit},
    trial::Trial,
};

/// Fewer files are no corpus.
const FILES_AT_LEAST: f64 = 1000.0;

/// How many files went which way, by their kind: of the pipeline with every stage.
pub(crate) fn of_kinds(trials: &[Trial]) -> Table {
    let all: Vec<&Trial> = trials.iter().filter(|trial| trial.course == Course::Balanced).collect();
    counted("file", &all, |trial| trial.kind.to_string())
}

/// The same for all pipelines, each a row.
pub(crate) fn of_courses(trials: &[Trial]) -> Table {
    counted("pipeline", &trials.iter().collect::<Vec<_>>(), |trial| format!("{:?}", trial.course))
}

fn counted(what: &str, trials: &[&Trial], row: impl Fn(&Trial) -> String) -> Table {
    let endings: BTreeSet<String> = trials.iter().map(|trial| trial.ending.to_string()).collect();
    let mut counts: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for trial in trials {
        for row in [row(trial), "sum".to_owned()] {
            *counts.entry(row).or_default().entry(trial.ending.to_string()).or_default() += 1;
        }
    }
    let sum = counts.remove("sum");
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header([what.to_owned()].into_iter().chain(endings.iter().cloned()).chain(["all".to_owned()]));
    for (name, counts) in counts.into_iter().chain(sum.map(|sum| ("sum".to_owned(), sum))) {
        let cells = endings.iter().map(|ending| counts.get(ending).copied().unwrap_or_default());
        let all: u64 = counts.values().sum();
        table.add_row([name].into_iter().chain(cells.chain([all]).map(|count| count.to_string())));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The trial that was the most by that measure.
pub(crate) fn most<T: Ord>(trials: &[Trial], by: impl Fn(&Trial) -> T) -> Option<&Trial> {
    trials.iter().max_by_key(|trial| by(trial))
}

/// The trials that must not be.
pub(crate) fn exits(trials: &[Trial]) -> Vec<(&Trial, Exit)> {
    let exits = trials.iter().filter_map(|trial| match trial.ending {
        Ending::Exit(exit) => Some((trial, exit)),
        Ending::Well | Ending::Refused(_) => None,
    });
    exits.collect()
}

/// What the corpus was, and what it broke.
pub(crate) fn figures(trials: &[Trial]) -> Vec<Figure> {
    let files: BTreeSet<&str> = trials.iter().map(|trial| trial.name.as_str()).collect();
    let exits = exits(trials);
    let of = |wanted: &[Exit]| count(exits.iter().filter(|(_, exit)| wanted.contains(exit)).count());
    let none = |name, value| Figure { name, value, unit: "exits", goal: Goal::Exactly(0.0) };
    vec![
        Figure { name: "hostile_files", value: count(files.len()), unit: "files", goal: Goal::AtLeast(FILES_AT_LEAST) },
        none("hostile_exits", count(exits.len())),
        none("hostile_deaths", of(&[Exit::Died])),
        none("hostile_panics", of(&[Exit::Panicked])),
        none("hostile_timeouts", of(&[Exit::TimedOut])),
        none("hostile_out_of_memory", of(&[Exit::OutOfMemory])),
    ]
}

/// Of how many files and kinds: for the line that says what goes on.
pub(crate) fn summary<T: Display>(kinds: &BTreeMap<Kind, T>) -> String {
    kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}

fn count(items: usize) -> f64 {
    number(items as u64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn trial(name: &str, course: Course, ending: Ending) -> Trial {
        let (kind, took) = (Kind::of(b"GIF89a      "), Duration::from_millis(name.len() as u64));
        Trial { name: name.to_owned(), kind, course, ending, detail: String::new(), is_valid: false, took, peak_kib: 7 }
    }

    #[test]
    fn a_file_counts_once_and_each_exit_counts() {
        let died = Ending::Exit(Exit::Died);
        let trials = [
            trial("a", Course::Balanced, died.clone()),
            trial("a", Course::Fast, died),
            trial("long", Course::Balanced, Ending::Exit(Exit::TimedOut)),
            trial("c", Course::Balanced, Ending::Refused("damaged".to_owned())),
        ];
        let figures: Vec<String> = figures(&trials).iter().map(ToString::to_string).collect();
        assert_eq!(figures[0], "figure hostile_files 3 files goal >=1000");
        assert_eq!(figures[1], "figure hostile_exits 3 exits goal =0");
        assert_eq!(figures[2], "figure hostile_deaths 2 exits goal =0");
        assert_eq!(figures[4], "figure hostile_timeouts 1 exits goal =0");
        assert_eq!(most(&trials, |trial| trial.took).map(|trial| trial.name.as_str()), Some("long"));
        let table = of_kinds(&trials).to_string();
        assert!(table.contains("damaged") && table.contains("EXIT: timeout"), "{table}");
    }
}
