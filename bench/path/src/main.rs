//! Measures the whole path, upload to completed, beside a Node stack on the same Redis and MinIO, in turn on the same
//! machine. The README beside says how.

use std::process::ExitCode;

use clap::Parser;

use crate::bench::BenchOptions;

mod bench;
mod client;
mod contender;
mod figures;
mod judge;
mod node_stack;
mod our_stack;
mod part;
mod photo;
mod results;
mod stacks;
mod tables;
mod turn;
mod usage;

fn main() -> anyhow::Result<ExitCode> {
    bench::run(&BenchOptions::parse())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        BenchOptions::command().debug_assert();
    }
}
