//! `photo-local run`: from documents to a platform that is ready, until it is told to stop.

use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Context;
use photo_gateway::user_token::Grant;
use photo_local::documents;
use photo_runtime::{
    health::Health,
    listener, shutdown,
    telemetry::{self, LogConfig, LogFormat},
};
use tokio_util::sync::CancellationToken;

use crate::{
    catalogue,
    embedded::Embedded,
    folder::{PlatformFolder, Running},
    greeting::Greeting,
    platform::{Platform, Start},
    running_api::USER,
    user_key,
};

/// How long the token of the printed address is valid.
const TOKEN_TTL: Duration = Duration::from_hours(24);

/// A start that takes longer says what it waits for.
const READY_EXPECTED: Duration = Duration::from_secs(5);

/// What is run, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArguments {
    /// Files with one PhotoPlatform and every ProcessingPipeline of it: YAML as kubectl applies it, folders of it, or -
    /// for standard input.
    #[arg(short = 'f', long = "filename", required = true, num_args = 1.., value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Port of the page, the API, live events, probes and metrics; 0 takes any that is free.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Address to listen on. Everybody who reaches it can try tokens there; without one they see no photo.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind_address: IpAddr,
    /// Folder of this platform's photos, database and key [default: ~/.local/share/photo-platform/PLATFORM].
    #[arg(long, env = "PHOTO_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Least level that is logged, or a filter such as `info,photo_worker=debug`.
    #[arg(long, env = "LOG_LEVEL", default_value = "info")]
    log_level: String,
    /// Text for people, or one JSON object per line.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

/// Runs the platform until the process is told to stop. `began` is when the process did.
pub(crate) async fn run(arguments: RunArguments, began: Instant) -> anyhow::Result<()> {
    let declaration = documents::read(&arguments.files)?;
    telemetry::start(&LogConfig { log_level: arguments.log_level, log_format: arguments.log_format })?;
    if !declaration.passed_over.is_empty() {
        let fields = declaration.passed_over.join(", ");
        tracing::info!(fields, "what is meant for a cluster is passed over on one machine");
    }
    let stop = shutdown::on_signal()?;
    let folder = PlatformFolder::of(arguments.data_dir, &declaration.name)?;
    let ports = Embedded::open(&folder, &declaration.name).await?;
    let address = SocketAddr::new(arguments.bind_address, arguments.port);
    let listener = listener::bind(address, "choose another with --port").await?;
    let url = url_of(listener.local_addr().context("the listener has no address")?);
    let open = catalogue::declare(&*ports.store, &declaration).await.context("the database can't be written")?;
    let tokens = user_key::open_or_make(&folder)?;
    let token = user_key::sign(&tokens, &USER.parse()?, Grant::Own, TOKEN_TTL)?;
    let platform =
        Platform::start(Start { declaration: &declaration, folder: &folder, ports, tokens, listener }, &stop).await?;
    folder.tell_running(&Running { url: url.clone(), pid: std::process::id() })?;
    if ready(&platform.health, &stop).await {
        let milliseconds = began.elapsed().as_millis();
        tracing::info!(url, "started in {milliseconds} ms");
        let (url, token, folder) = (url.as_str(), token.as_str(), folder.path());
        greet(&Greeting { declaration: &declaration, url, token, folder, open, milliseconds });
    }
    let stopped = platform.stopped().await;
    folder.forget_running()?;
    tracing::info!("stopped");
    stopped
}

/// Waits until the platform takes photos; not so where it is stopped before.
async fn ready(health: &Health, stop: &CancellationToken) -> bool {
    let late = async {
        tokio::time::sleep(READY_EXPECTED).await;
        let report = health.report();
        let missing = report.dependencies.iter().find_map(|(name, state)| Some((name.as_str(), state.error.as_ref()?)));
        if let Some((dependency, error)) = missing {
            tracing::warn!(dependency, error, "the platform takes no photos yet");
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = health.until_ready() => true,
        () = stop.cancelled() => false,
        () = late => false,
    }
}

/// Somebody who listens no more is no reason to stop.
fn greet(greeting: &Greeting<'_>) {
    if let Err(error) = writeln!(std::io::stdout(), "{greeting}") {
        tracing::warn!(%error, "nobody reads standard output");
    }
}

/// Where this machine's own programs reach a listener.
fn url_of(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_one_that_this_machine_reaches() {
        let url = |text: &str| url_of(text.parse().unwrap());
        assert_eq!(url("127.0.0.1:3000"), "http://127.0.0.1:3000");
        assert_eq!(url("0.0.0.0:80"), "http://127.0.0.1:80");
        assert_eq!(url("[::]:3000"), "http://[::1]:3000");
        assert_eq!(url("192.168.0.7:3000"), "http://192.168.0.7:3000");
    }
}
