//! Measures the worker's image core beside sharp, Pillow and the `image` crate: the same photos, the same outputs, in
//! turn on the same machine. The README beside says how.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{bench::BenchOptions, contender::Contender};

mod bench;
mod both_paths;
mod colour;
mod contender;
mod figures;
mod fleet;
mod job;
mod jpeg_form;
mod peak;
mod peer;
mod quality;
mod reference;
mod rounds;
mod samples;
mod ssim;
mod tables;
mod throughput;
mod usage;
mod version;

/// Measures the worker's image core beside its peers.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures and prints tables and figures.
    Run(BenchOptions),
    /// Does jobs as one of the peers; started by `run`.
    #[command(hide = true)]
    Peer {
        /// Which one.
        contender: Contender,
    },
    /// Runs stages for the peer that started it.
    #[command(hide = true)]
    Slot,
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Run(options) => bench::run(&options),
        Command::Peer { contender } => peer::serve(contender).map(|()| ExitCode::SUCCESS),
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
