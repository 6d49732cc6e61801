//! The whole platform in one process: every role and a worker per pipeline on embedded adapters, from the documents that
//! kubectl applies. Beside it, the commands that ask a running one.
//!
//! Ends with 1 where something went wrong, and with 2 where the command line did.

use std::{io::Write, process::ExitCode, time::Instant};

use clap::{Parser, Subcommand};

mod catalogue;
mod embedded;
mod folder;
mod greeting;
mod platform;
mod run;
mod running_api;
mod status;
mod token;
mod upload;
mod user_key;

/// A photo platform on this machine, without a cluster and without anything installed.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Option<run::RunArguments>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the platform until it is told to stop; also without this word.
    Run(run::RunArguments),
    /// Prints a token for a user of the platform.
    Token(token::TokenArguments),
    /// Uploads photos to the running platform and waits until each has ended.
    Upload(upload::UploadArguments),
    /// Shows the newest photos and the queues of the running platform.
    Status(status::StatusArguments),
    /// Runs stages for the platform that started it; not for people.
    #[command(hide = true)]
    Slot,
}

fn main() -> ExitCode {
    let began = Instant::now();
    let Arguments { command, run } = Arguments::parse();
    match command.or(run.map(Command::Run)) {
        // Before any thread and any runtime: a slot has one thread, and only what its stages need.
        Some(Command::Slot) => photo_worker::slot::serve(),
        command => obey(command, began),
    }
}

#[tokio::main]
async fn obey(command: Option<Command>, began: Instant) -> ExitCode {
    let done = match command {
        Some(Command::Run(arguments)) => run::run(arguments, began).await.map(|()| ExitCode::SUCCESS),
        Some(Command::Token(arguments)) => token::print(&arguments).map(|()| ExitCode::SUCCESS),
        Some(Command::Upload(arguments)) => upload::upload(&arguments).await,
        Some(Command::Status(arguments)) => status::show(&arguments).await.map(|()| ExitCode::SUCCESS),
        // The parser requires one of them, and slots have no runtime.
        Some(Command::Slot) | None => Ok(ExitCode::from(2)),
    };
    done.unwrap_or_else(|error| {
        // Standard error being closed is nobody's concern at this point.
        drop(writeln!(std::io::stderr(), "photo-local: {error:#}"));
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn running_needs_no_word_but_files() {
        let parsed = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(matches!(parsed("photo-local -f a.yaml -f b.yaml").unwrap().run, Some(run) if run.files.len() == 2));
        let word = parsed("photo-local run -f a.yaml b.yaml").unwrap().command;
        assert!(matches!(word, Some(Command::Run(run)) if run.files.len() == 2));
        for wrong in ["photo-local", "photo-local run", "photo-local upload"] {
            assert_eq!(parsed(wrong).unwrap_err().exit_code(), 2, "{wrong}");
        }
    }
}
