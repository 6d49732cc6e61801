//! Feeds every file of a hostile corpus to the worker's slots, and counts above all what it breaks. The README beside says
//! how.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::bench::BenchOptions;

mod bench;
mod corpus;
mod course;
mod ending;
mod slot_memory;
mod tally;
mod trial;
mod verdicts;

/// Feeds hostile files to the worker's slots.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Does it and prints tables and figures; fails where a slot broke.
    Run(BenchOptions),
    /// Runs stages for the bench that started it.
    #[command(hide = true)]
    Slot,
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Run(options) => bench::run(&options),
        // Before any thread and any runtime, as the worker does it.
        Command::Slot => Ok(photo_worker::slot::serve()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
