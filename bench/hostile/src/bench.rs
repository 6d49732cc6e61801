//! The whole corpus, one file after the other; what is printed and when it fails.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use photo_stack::figures::mebibytes;
use photo_worker::slot::{SlotCommand, SlotMemory, Slots};

use crate::{
    corpus::{self, HostileFile, Kind},
    course::Course,
    tally,
    trial::{self, Trial},
    verdicts,
};

/// Files between two lines that say how far it is.
const TOLD_EVERY: usize = 250;

/// What is tried.
#[derive(Debug, Args)]
pub(crate) struct BenchOptions {
    /// The folder of the files
    #[arg(long, value_name = "FOLDER")]
    corpus: PathBuf,
    /// Only files whose path holds this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Address space of a slot in MiB
    #[arg(long, value_name = "MIB", default_value_t = SlotMemory::DEFAULT_MIB)]
    slot_memory_mib: u64,
    /// Ask sharp about every JPEG as well
    #[arg(long)]
    sharp: bool,
}

/// Tries every file, and fails where one breaks a slot.
///
/// # Errors
/// Where files can't be read, or slots do not start.
pub(crate) fn run(options: &BenchOptions) -> anyhow::Result<ExitCode> {
    let files = corpus::read(&options.corpus, options.only.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let trials = runtime.block_on(try_all(options, &files))?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}\n{}", tally::of_kinds(&trials), tally::of_courses(&trials))?;
    if let Some(Trial { name, course, took, .. }) = tally::most(&trials, |trial| trial.took) {
        writeln!(stdout, "slowest: {name} ({course:?}), {} ms", took.as_millis())?;
    }
    if let Some(Trial { name, course, peak_kib, .. }) = tally::most(&trials, |trial| trial.peak_kib) {
        writeln!(stdout, "most memory of a slot: {name} ({course:?}), {:.0} MiB", mebibytes(peak_kib * 1024))?;
    }
    if options.sharp {
        let (asked, table) = verdicts::differences(&files, &trials)?;
        writeln!(stdout, "{} of {asked} JPEGs are another verdict of sharp's\n{table}", table.row_count())?;
    }
    for figure in tally::figures(&trials) {
        writeln!(stdout, "{figure}")?;
    }
    let exits = tally::exits(&trials);
    for (Trial { name, course, detail, .. }, exit) in &exits {
        writeln!(stdout, "EXIT: {name} ({course:?}): {exit}: {detail}")?;
    }
    Ok(if exits.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn try_all(options: &BenchOptions, files: &[HostileFile]) -> anyhow::Result<Vec<Trial>> {
    let memory = SlotMemory::of(Some(options.slot_memory_mib), 1)?;
    let slots = Slots::start(SlotCommand::of_this_program(), memory, Vec::new()).await?;
    let mut trials = Vec::new();
    let mut kinds: BTreeMap<Kind, u64> = BTreeMap::new();
    for (place, file) in files.iter().enumerate() {
        if place.is_multiple_of(TOLD_EVERY) {
            writeln!(io::stderr(), "hostile: {place} of {} files; {}", files.len(), tally::summary(&kinds))?;
        }
        let bytes = file.bytes()?;
        *kinds.entry(Kind::of(&bytes)).or_default() += 1;
        for course in Course::of_file(place) {
            trials.push(trial::run(&slots, (&file.name, &bytes), course).await?);
        }
    }
    Ok(trials)
}
