//! One binary, three roles of the photo platform. The role is a required subcommand: no process does everything.

use clap::{Parser, Subcommand};
use photo_gateway::{
    api::{self, ApiConfig},
    events::{self, EventsConfig},
    storage::{self, RestoreCommand, StorageRoleConfig},
    token_command::TokenCommand,
};

/// The gateway of the photo platform.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Takes uploads, answers questions about photos, serves the web page.
    Api(Box<ApiConfig>),
    /// Keeps the truth about photos in SQLite and hands work to the queue. Runs once per platform.
    Storage(Box<StorageRoleConfig>),
    /// Tells browsers live over Socket.IO how far their photos are.
    Events(Box<EventsConfig>),
    /// Puts a backup in the place of the database of the storage role, which must not run.
    Restore(Box<RestoreCommand>),
    /// Prints a token for a user, signed with the key of this platform: for development and tests.
    Token(TokenCommand),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Api(config) => api::run(*config).await,
        Command::Storage(config) => storage::run(*config).await,
        Command::Events(config) => events::run(*config).await,
        Command::Restore(command) => command.run().await,
        Command::Token(command) => command.run(),
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
