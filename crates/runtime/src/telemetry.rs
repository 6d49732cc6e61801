//! Logs: one line per event on standard error, JSON for machines or text for people.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// How a process logs.
#[derive(Debug, Clone, clap::Args)]
pub struct LogConfig {
    /// Least level that is logged, or a filter such as `info,photo_gateway=debug`. The levels `debug` and `trace` are
    /// for our own crates: others write whole requests at them, tokens included, and must be named to be heard.
    #[arg(long, env = "LOG_LEVEL", default_value = "info")]
    pub log_level: String,
    /// One JSON object per line, or text.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// Text for people.
    Text,
}

/// Starts logging, and picks the TLS provider of this process: two are linked, and rustls then refuses to choose.
///
/// # Errors
/// A filter that does not parse, or a second start.
pub fn start(config: &LogConfig) -> anyhow::Result<()> {
    // An error only says that a provider was installed before.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let filter = EnvFilter::try_new(directives(&config.log_level))
        .map_err(|error| anyhow::anyhow!("LOG_LEVEL `{}` is not a filter: {error}", config.log_level))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.log_format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
        LogFormat::Text => lines.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging was started twice: {error}"))
}

/// A bare `debug` or `trace` with everybody else's crates left at `info`.
fn directives(log_level: &str) -> String {
    const OURS: [&str; 7] = [
        "photo_adapters",
        "photo_core",
        "photo_gateway",
        "photo_local",
        "photo_runtime",
        "photo_stages",
        "photo_worker",
    ];
    match log_level.to_ascii_lowercase().as_str() {
        level @ ("debug" | "trace") => {
            let ours = OURS.map(|name| format!("{name}={level}")).join(",");
            format!("info,{ours}")
        }
        _ => log_level.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_level_below_info_is_for_our_own_crates() {
        let trace = directives("TRACE");
        assert!(trace.starts_with("info,") && trace.contains("photo_gateway=trace"), "{trace}");
        assert!(EnvFilter::try_new(trace).is_ok());
        for kept in ["info", "warn", "hyper=trace", "info,photo_gateway=debug"] {
            assert_eq!(directives(kept), kept);
        }
    }
}
