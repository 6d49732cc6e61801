//! How the commands reach a running platform: by the folder in which it told where it is, or by its address.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use photo_adapters::http::PublicApi;
use photo_core::id::UserId;
use photo_gateway::user_token::Grant;

use crate::{folder::PlatformFolder, user_key};

/// The user whose photos are meant where nobody is named: the one of the address that a start prints.
pub(crate) const USER: &str = "me";

/// How long the tokens of one command are valid.
const TOKEN_TTL: Duration = Duration::from_hours(12);

/// Which platform's folder.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct FolderArgument {
    /// The platform's folder. Without it, the one below ~/.local/share/photo-platform, if there is only one.
    #[arg(long, env = "PHOTO_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
}

impl FolderArgument {
    /// The folder of a platform that was started at least once.
    pub(crate) fn with_key(&self) -> anyhow::Result<PlatformFolder> {
        let found = PlatformFolder::find(self.data_dir.clone(), |folder| folder.user_key().is_file())?;
        found
            .context("no platform was started yet: run `photo-local -f FILE` first, or name its folder with --data-dir")
    }

    /// The folder of a platform that runs, or that was killed.
    fn with_running(&self) -> anyhow::Result<PlatformFolder> {
        let runs = |folder: &PlatformFolder| folder.running().is_ok_and(|running| running.is_some());
        let found = PlatformFolder::find(self.data_dir.clone(), runs)?;
        found.context("no platform runs: start one with `photo-local -f FILE`, or name its folder with --data-dir")
    }
}

/// Which platform, and as whom.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ApiArguments {
    #[command(flatten)]
    folder: FolderArgument,
    /// The platform's address instead, such as <http://127.0.0.1:3000>.
    #[arg(long)]
    url: Option<String>,
    /// The token to bring instead of one that is signed with the key in the folder.
    #[arg(long, conflicts_with = "sub")]
    token: Option<String>,
    /// The user in whose name to ask.
    #[arg(long, default_value = USER)]
    sub: UserId,
}

impl ApiArguments {
    /// A client of the platform.
    pub(crate) fn connect(&self) -> anyhow::Result<PublicApi> {
        let url = match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => running_url(&self.folder.with_running()?)?,
        };
        let token = match &self.token {
            Some(token) => token.clone(),
            None => self.sign().context("there is no token for the platform: name one with --token")?,
        };
        PublicApi::new(&url, &token).context("no HTTP client can be made")
    }

    fn sign(&self) -> anyhow::Result<String> {
        let folder = if self.url.is_some() { self.folder.with_key()? } else { self.folder.with_running()? };
        let Some(tokens) = user_key::open(&folder)? else {
            bail!("no platform was ever started in {}", folder.path().display());
        };
        user_key::sign(&tokens, &self.sub, Grant::Own, TOKEN_TTL)
    }
}

fn running_url(folder: &PlatformFolder) -> anyhow::Result<String> {
    let running = folder.running()?;
    let running = running.with_context(|| {
        format!("no platform runs in {}: start it with `photo-local -f FILE`", folder.path().display())
    })?;
    Ok(running.url)
}
