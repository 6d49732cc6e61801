//! Uploads photos to platforms of real processes while those processes are ended, stopped, cut off, filled and emptied, and
//! then lets `faults-audit` count what was lost. Everything that chance decides comes from the seed that it prints.
//!
//! Ends with 3 where something was lost, left over or done twice, and with 1 where it could not be tried.

mod audit;
mod client;
mod disk;
mod fault;
mod isolation;
mod network;
mod place;
mod quiet;
mod report;
mod scenario;
mod tracer;
mod wait;
mod wall_clock;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::{Parser, ValueEnum};

use report::Report;
use scenario::{Scenario, Size};

#[derive(Debug, Parser)]
struct Arguments {
    /// What is tried; everything where nothing is named.
    #[arg(long, value_enum, num_args = 1..)]
    only: Vec<Scenario>,
    /// Photos that are to be accepted in the storm at least.
    #[arg(long, default_value_t = 5_000)]
    photos: u64,
    /// Processes that are to be ended in the storm at least.
    #[arg(long, default_value_t = 200)]
    kills: usize,
    /// What chance begins with; another one each time where none is given.
    #[arg(long)]
    seed: Option<u64>,
    /// Seconds that a photo may stay open after the last fault.
    #[arg(long, default_value_t = 300)]
    patience: u64,
    /// Folder of the platform's programs in a build that is linked dynamically, which `clocks` needs.
    #[arg(long)]
    dynamic: Option<PathBuf>,
    /// It runs in a network and mounts of its own.
    #[arg(long, hide = true)]
    isolated: bool,
}

/// What the process ends with where something was lost, left over or done twice.
const WRONG: u8 = 3;

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if !arguments.isolated {
        isolation::enter()?;
    }
    isolation::prepare()?;
    tokio::runtime::Runtime::new()?.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let size = Size {
        photos: arguments.photos,
        kills: arguments.kills,
        seed,
        patience: Duration::from_secs(arguments.patience),
    };
    let mut report = Report::new();
    report.say(&format!("seed {seed}"))?;
    let named = if arguments.only.is_empty() { Scenario::value_variants() } else { &arguments.only[..] };
    for scenario in named {
        report.say(&format!("== {scenario:?}"))?;
        scenario
            .run(size, arguments.dynamic.as_deref(), &mut report)
            .await
            .with_context(|| format!("{scenario:?}, seed {seed}"))?;
    }
    report.end()?;
    if report.is_wrong() {
        report.say(&format!("something was lost, left over or done twice: seed {seed}"))?;
        return Ok(ExitCode::from(WRONG));
    }
    Ok(ExitCode::SUCCESS)
}
