//! `photo-local token`: a token for a user, signed with the platform's key. The platform need not run.

use std::{io::Write, time::Duration};

use crate::running_api::{FolderArgument, USER};
use crate::user_key;
use anyhow::Context;
use photo_core::id::UserId;
use photo_gateway::user_token::Grant;

/// For whom, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct TokenArguments {
    #[command(flatten)]
    folder: FolderArgument,
    /// The user that the token is for.
    #[arg(long, default_value = USER)]
    sub: UserId,
    /// How long it is valid, in seconds.
    #[arg(long, default_value_t = 3600)]
    ttl_seconds: u64,
    /// The token is one of those who run the platform: it opens `/admin` too.
    #[arg(long)]
    admin: bool,
}

/// Prints the token, alone on its line.
pub(crate) fn print(arguments: &TokenArguments) -> anyhow::Result<()> {
    let folder = arguments.folder.with_key()?;
    let tokens = user_key::open(&folder)?
        .with_context(|| format!("no platform was ever started in {}", folder.path().display()))?;
    let grant = if arguments.admin { Grant::Admin } else { Grant::Own };
    let token = user_key::sign(&tokens, &arguments.sub, grant, Duration::from_secs(arguments.ttl_seconds))?;
    writeln!(std::io::stdout(), "{token}")?;
    Ok(())
}
