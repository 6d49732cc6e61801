//! `photo-local status`: the newest photos and the queues, as tables.

use std::{io::Write, time::Duration};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use jiff::Timestamp;
use photo_adapters::http::{PhotoView, VariantView};
use photo_core::{clock::Clock, port::metadata_store::PipelineCounts};

use crate::running_api::ApiArguments;

/// Of which platform, and how much of it.
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArguments {
    #[command(flatten)]
    api: ApiArguments,
    /// Most photos to show.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
    limit: u16,
}

/// Prints both tables.
pub(crate) async fn show(arguments: &StatusArguments) -> anyhow::Result<()> {
    let api = arguments.api.connect()?;
    let (photos, pipelines) = futures::try_join!(api.newest(arguments.limit), api.pipelines())?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", queues(&pipelines))?;
    if photos.is_empty() {
        writeln!(out, "There are no photos yet: upload some with `photo-local upload FILE...`.")?;
    } else {
        writeln!(out, "{}", table_of(&photos, Clock::System.now()))?;
    }
    Ok(())
}

/// A table with these heads, as wide as the terminal at most.
pub(crate) fn table(heads: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(heads);
    table
}

fn right(table: &mut Table, columns: impl IntoIterator<Item = usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn queues(pipelines: &[PipelineCounts]) -> Table {
    let mut table = table(&["pipeline", "queued", "processing", "dead", "completed", "failed"]);
    for counts in pipelines {
        table.add_row([
            counts.pipeline.to_string(),
            counts.queued.to_string(),
            counts.processing.to_string(),
            counts.dead.to_string(),
            counts.completed_total.to_string(),
            counts.failed_total.to_string(),
        ]);
    }
    right(&mut table, 1..6);
    table
}

/// Photos as a table, in their order.
pub(crate) fn table_of(photos: &[PhotoView], now: Timestamp) -> Table {
    let mut table = table(&["photo", "id", "pipeline", "status", "bytes", "age", "outcome"]);
    for photo in photos {
        table.add_row([
            photo.file_name.clone(),
            photo.id.to_string(),
            photo.pipeline.to_string(),
            photo.status.as_str().to_owned(),
            photo.size_bytes.to_string(),
            age(now, photo.created_at),
            outcome(photo),
        ]);
    }
    right(&mut table, [4, 5]);
    table
}

/// What a photo became, or why it did not.
pub(crate) fn outcome(photo: &PhotoView) -> String {
    if let Some(failure) = &photo.failure {
        return failure.message.clone();
    }
    let shown = |variant: &VariantView| format!("{} ({}x{})", variant.name, variant.width, variant.height);
    photo.variants.iter().map(shown).collect::<Vec<_>>().join("  ")
}

/// How long ago, in the largest unit that says enough.
fn age(now: Timestamp, then: Timestamp) -> String {
    let elapsed = Duration::try_from(now.duration_since(then)).unwrap_or_default();
    let seconds = elapsed.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use photo_core::pipeline::PipelineStanding;

    use super::*;

    #[test]
    fn an_age_is_told_in_one_unit() {
        let now: Timestamp = "2026-01-10T00:00:00Z".parse().unwrap();
        let ages = [0_i64, 119, 120, 7_199, 7_200, 172_800, -5].map(|seconds| {
            let then = Timestamp::from_second(now.as_second() - seconds).unwrap();
            age(now, then)
        });
        assert_eq!(ages, ["0 s", "119 s", "2 min", "119 min", "2 h", "2 d", "0 s"]);
    }

    #[test]
    fn the_tables_hold_what_the_api_says() {
        let photo = r#"{"id":"01938e5c-7a6b-7c3d-9e1f-0123456789ab","fileName":"cat.jpg","sizeBytes":1234,
            "pipeline":"full-processing","generation":1,"status":"completed","seq":4,
            "variants":[{"name":"150","width":150,"height":100,"sizeBytes":9,"url":"/u"}],
            "createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:01Z"}"#;
        let photo: PhotoView = serde_json::from_str(photo).unwrap();
        let now: Timestamp = "2026-01-01T00:00:07Z".parse().unwrap();
        let shown = table_of(&[photo], now).to_string();
        for text in ["cat.jpg", "01938e5c-7a6b-7c3d-9e1f-0123456789ab", "completed", "1234", "7 s", "150 (150x100)"] {
            assert!(shown.contains(text), "{text}: {shown}");
        }
        let counts = PipelineCounts {
            pipeline: "full-processing".parse().unwrap(),
            state: PipelineStanding::Running,
            queued: 11,
            processing: 22,
            dead: 55,
            completed_total: 33,
            failed_total: 44,
        };
        let shown = queues(&[counts]).to_string();
        let row = shown.lines().find(|line| line.contains("full-processing")).unwrap();
        let cells: Vec<&str> = row.split(['│', '┆']).map(str::trim).filter(|cell| !cell.is_empty()).collect();
        assert_eq!(cells, ["full-processing", "11", "22", "55", "33", "44"]);
    }
}
