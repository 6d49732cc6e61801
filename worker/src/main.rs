//! The worker: takes jobs of one pipeline from the queue, runs its stages, commits the results.

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
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Run(config) => photo_worker::run(*config).await,
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
