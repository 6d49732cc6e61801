//! `photo-local upload`: sends files with a progress bar of their bytes, waits until each photo has ended, and shows what
//! became of it.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, ensure};
use comfy_table::Table;
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use photo_adapters::http::{ApiError, PhotoView, PublicApi};
use photo_core::{photo::PhotoStatus, pipeline::PipelineName};

use crate::{
    running_api::ApiArguments,
    status::{outcome, table},
};

/// Files that are sent at the same time.
const AT_ONCE: usize = 4;

/// How often a photo is looked at until it has ended.
const POLL: Duration = Duration::from_millis(100);

/// What is uploaded where.
#[derive(Debug, clap::Args)]
pub(crate) struct UploadArguments {
    #[command(flatten)]
    api: ApiArguments,
    /// The photos.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The pipeline that processes them; without it, the platform's default one.
    #[arg(long)]
    pipeline: Option<PipelineName>,
    /// End when the photos are accepted, before they are processed.
    #[arg(long)]
    no_wait: bool,
}

/// A file and its photo, or why there is none.
type Sent<'a> = (&'a Path, Result<PhotoView, ApiError>);

/// Uploads them all. The code is 1 where a file was refused or a photo failed.
pub(crate) async fn upload(arguments: &UploadArguments) -> anyhow::Result<ExitCode> {
    let api = arguments.api.connect()?;
    let bar = bar(total_bytes(&arguments.files)?);
    let sends = stream::iter(&arguments.files).map(|path| send(&api, path, arguments.pipeline.as_ref(), &bar));
    let mut sent: Vec<Sent<'_>> = sends.buffered(AT_ONCE).collect().await;
    bar.finish_and_clear();
    if !arguments.no_wait {
        for (_, photo) in &mut sent {
            if let Ok(accepted) = photo {
                *accepted = ended(&api, accepted).await?;
            }
        }
    }
    writeln!(std::io::stdout(), "{}", report(&sent))?;
    let good = sent.iter().all(|(_, photo)| photo.as_ref().is_ok_and(|photo| is_good(photo, arguments.no_wait)));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn send<'a>(api: &PublicApi, path: &'a Path, pipeline: Option<&PipelineName>, bar: &ProgressBar) -> Sent<'a> {
    let told = bar.clone();
    let photo = api.upload_file(path, pipeline, move |bytes| told.inc(bytes)).await;
    bar.set_message(path.display().to_string());
    (path, photo)
}

/// The photo once it has ended, however it did.
async fn ended(api: &PublicApi, accepted: &PhotoView) -> anyhow::Result<PhotoView> {
    loop {
        let photo = api.photo(accepted.id).await;
        let photo = photo.with_context(|| format!("{} was accepted and goes on without us", accepted.file_name))?;
        if photo.status.is_terminal() {
            return Ok(photo);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn is_good(photo: &PhotoView, on_its_way: bool) -> bool {
    photo.status == PhotoStatus::Completed || on_its_way && !photo.status.is_terminal()
}

fn report(sent: &[Sent<'_>]) -> Table {
    let mut table = table(&["file", "status", "id", "outcome"]);
    for (path, photo) in sent {
        let file = path.display().to_string();
        table.add_row(match photo {
            Ok(photo) => [file, photo.status.as_str().to_owned(), photo.id.to_string(), outcome(photo)],
            Err(error) => [file, "refused".to_owned(), String::new(), with_causes(error)],
        });
    }
    table
}

fn with_causes(error: &ApiError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn total_bytes(files: &[PathBuf]) -> anyhow::Result<u64> {
    files.iter().try_fold(0_u64, |total, path| {
        let file = fs::metadata(path).with_context(|| format!("can't read {}", path.display()))?;
        ensure!(file.is_file(), "{} is no file: name the photos themselves", path.display());
        Ok(total.saturating_add(file.len()))
    })
}

/// Shows itself in a terminal only.
fn bar(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec}  {wide_msg}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
