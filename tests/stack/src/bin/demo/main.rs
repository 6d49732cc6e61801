//! `make demo` and `make demo-real`: starts the platform, uploads the sample photos, shows what became of them, and serves
//! on.
//!
//! Ends with 1 where a photo ended otherwise than expected. What it started ends with it, however it ends.

use std::{
    future::Future,
    io::{Write, stdout},
    num::NonZeroUsize,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, bail};
use clap::Parser;
use jiff::Timestamp;
use photo_core::clock::Clock;
use photo_stack::{
    Platform,
    photos::{Sample, samples},
    platform::Form,
};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    report::{Report, Started, memory_figures},
    upload::upload,
};

mod report;
mod upload;

/// The user whose photos the demo uploads and whose token the page gets.
const USER: &str = "demo";
/// How long the page's token is valid.
const TOKEN_TTL: Duration = Duration::from_hours(12);

/// Starts the whole platform on loopback and sends photos through it.
#[derive(Debug, Parser)]
struct Arguments {
    /// End after the table instead of serving on. From the environment anything but 0, no or false says so.
    #[arg(long, env = "DEMO_ONCE", action = clap::ArgAction::SetTrue, value_parser = clap::builder::FalseyValueParser::new())]
    once: bool,
    /// How many photos to upload: the samples again and again. Without it, each sample once.
    #[arg(long, env = "DEMO_PHOTOS")]
    photos: Option<NonZeroUsize>,
    /// How many photos are uploaded at the same time.
    #[arg(long, env = "DEMO_UPLOADS", default_value = "4")]
    uploads: NonZeroUsize,
    /// A process per role on a real Redis and a real S3 server, instead of one process with everything embedded.
    #[arg(long, env = "DEMO_REAL", action = clap::ArgAction::SetTrue, value_parser = clap::builder::FalseyValueParser::new())]
    real: bool,
    /// The documents of the platform.
    #[arg(long, env = "DEMO_DOCUMENTS", default_value = concat!(env!("REPOSITORY"), "config/samples/quickstart.yaml"))]
    documents: PathBuf,
    /// How many worker processes a pipeline has, where roles are processes.
    #[arg(long, env = "DEMO_WORKERS", default_value = "1")]
    workers: NonZeroUsize,
    /// The folder with the sample photos.
    #[arg(long, env = "DEMO_SAMPLES", default_value = concat!(env!("REPOSITORY"), "config/samples/photos"))]
    samples: PathBuf,
    /// When all of it began, in seconds since 1970: `make demo` counts installing and building in.
    #[arg(long, env = "DEMO_STARTED_AT")]
    started_at: Option<i64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match demo(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Standard error being closed is nobody's concern at this point.
            drop(writeln!(std::io::stderr(), "demo: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs it all; whether each photo ended as expected.
async fn demo(arguments: &Arguments) -> anyhow::Result<bool> {
    let mut stopped = std::pin::pin!(stop_signal()?);
    let work = async {
        let plan = plan(samples(&arguments.samples)?, arguments.photos);
        let (platform, started) = start(arguments).await?;
        let sent = upload(&platform.photos_of(USER)?, &plan, arguments.uploads).await?;
        anyhow::Ok((platform, started, sent))
    };
    let (platform, started, (sent, photos)) = tokio::select! {
        done = work => done?,
        () = &mut stopped => bail!("stopped before the photos were processed"),
    };
    let now = Clock::System.now();
    let report = Report::new(&sent, &photos);
    say(&report)?;
    for figure in started.figures(cold_start(arguments.started_at, now)).into_iter().chain(report.figures()) {
        say(figure)?;
    }
    for figure in platform.memory()?.into_iter().flat_map(memory_figures) {
        say(figure)?;
    }
    if !arguments.once {
        say(format_args!("\nOpen  {}/#token={}", platform.url(), platform.user_token(USER, TOKEN_TTL)?))?;
        say("Ctrl-C ends the demo and everything that it started.")?;
        stopped.await;
    }
    Ok(report.is_as_expected())
}

async fn start(arguments: &Arguments) -> anyhow::Result<(Platform, Started)> {
    let clock = Clock::System;
    let began = clock.now();
    let (form, what) = if arguments.real {
        (Form::Real, "Redis, MinIO and the roles storage, events, api and worker")
    } else {
        (Form::Embedded, "photo-local: everything in one process,")
    };
    say(format_args!("Starting {what} on 127.0.0.1 ..."))?;
    let documents = [arguments.documents.clone()];
    let platform = Platform::start(form, &documents, arguments.workers.get()).await?;
    let started = Started { seconds: clock.now().duration_since(began).as_secs_f64(), idle: platform.memory()? };
    say(format_args!("Ready after {:.2} s; logs are in {}", started.seconds, platform.folder().display()))?;
    Ok((platform, started))
}

/// The photos to upload: the samples over and over until there are as many as asked for.
fn plan(samples: Vec<Sample>, photos: Option<NonZeroUsize>) -> Vec<Sample> {
    let count = photos.map_or(samples.len(), NonZeroUsize::get);
    samples.into_iter().cycle().take(count).collect()
}

/// Seconds since make was started.
fn cold_start(started_at: Option<i64>, now: Timestamp) -> Option<f64> {
    let started_at = Timestamp::from_second(started_at?).ok()?;
    Some(now.duration_since(started_at).as_secs_f64())
}

/// Ends when the process is asked to end: Ctrl-C, SIGTERM, or a terminal that closes.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let listen = |kind| signal(kind).context("listening for signals");
    let (mut interrupt, mut terminate, mut hangup) =
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

fn say(line: impl std::fmt::Display) -> anyhow::Result<()> {
    writeln!(stdout(), "{line}").context("writing to standard output")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> Sample {
        Sample { name: name.to_owned(), path: PathBuf::from(name) }
    }

    #[test]
    fn samples_repeat_until_there_are_enough() {
        let two = vec![sample("a.jpg"), sample("b.png")];
        let names = |count| {
            let plan = plan(two.clone(), NonZeroUsize::new(count));
            plan.into_iter().map(|sample| sample.name).collect::<Vec<_>>()
        };
        assert_eq!(names(5), ["a.jpg", "b.png", "a.jpg", "b.png", "a.jpg"]);
        assert_eq!(names(1), ["a.jpg"]);
        assert_eq!(names(0), ["a.jpg", "b.png"], "not said: each once");
    }

    #[test]
    fn the_cold_start_counts_from_make() {
        let now: Timestamp = "2026-01-01T00:01:01Z".parse().unwrap();
        assert_eq!(cold_start(Some(1_767_225_600), now), Some(61.0));
        assert_eq!(cold_start(None, now), None);
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
        assert!(Arguments::parse_from(["demo", "--once"]).once);
    }
}
