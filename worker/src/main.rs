//! The worker: takes jobs of one pipeline from the queue, runs its stages, commits the results.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use photo_worker::WorkerConfig;

/// The worker of the photo platform.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Takes jobs until the process is told to stop, then finishes or hands back what it has.
    Run(Box<WorkerConfig>),
    /// Runs stages for the worker that started it; not for people.
    #[command(hide = true)]
    Slot,
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Run(config) => run(*config),
        // Before any thread and any runtime: a slot has one thread, and only what its stages need.
        Command::Slot => Ok(photo_worker::slot::serve()),
    }
}

#[tokio::main]
async fn run(config: WorkerConfig) -> anyhow::Result<ExitCode> {
    photo_worker::run(config).await?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
