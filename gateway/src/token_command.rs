//! `photo-gateway token`: a token for a user, for development and tests. Production tokens come from whoever signs
//! people in, with the same key.

use std::{io::Write, time::Duration};

use photo_core::{clock::Clock, id::UserId};

use crate::user_token::{Grant, UserTokenConfig, UserTokens};

/// What the token says.
#[derive(Debug, clap::Args)]
pub struct TokenCommand {
    #[command(flatten)]
    tokens: UserTokenConfig,
    /// The user that the token is for.
    #[arg(long)]
    sub: UserId,
    /// How long it is valid, in seconds.
    #[arg(long, default_value_t = 3600)]
    ttl_seconds: u64,
    /// The token is one of those who run the platform: it opens `/admin` too.
    #[arg(long)]
    admin: bool,
}

impl TokenCommand {
    /// Prints the token, alone on its line.
    ///
    /// # Errors
    /// There is no usable key.
    pub fn run(self) -> anyhow::Result<()> {
        let expires_at = Clock::System.now().checked_add(Duration::from_secs(self.ttl_seconds))?;
        let grant = if self.admin { Grant::Admin } else { Grant::Own };
        let token = UserTokens::from_config(self.tokens)?.sign(&self.sub, grant, expires_at)?;
        writeln!(std::io::stdout(), "{token}")?;
        Ok(())
    }
}
