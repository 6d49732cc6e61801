//! Whether sharp takes the JPEGs that our validation takes: for a person to look at, nothing is judged.

use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context, ensure};
use comfy_table::{Table, presets};
use serde::Deserialize;

use crate::{corpus::HostileFile, course::Course, trial::Trial};

/// One line of `verdicts.mjs`.
#[derive(Debug, Deserialize)]
struct Verdict {
    path: String,
    /// Nothing where it took the file.
    error: Option<String>,
}

/// The JPEGs of which ours and sharp (with `failOn: warning`) think differently, with what was said of them; and how many
/// were asked about.
///
/// # Errors
/// Where node or sharp is not there.
pub(crate) fn differences(files: &[HostileFile], trials: &[Trial]) -> anyhow::Result<(usize, Table)> {
    let ours: BTreeMap<&str, &Trial> = trials
        .iter()
        .filter(|trial| trial.kind.is_jpeg() && trial.course == Course::Balanced)
        .map(|trial| (trial.name.as_str(), trial))
        .collect();
    let asked: Vec<&HostileFile> = files.iter().filter(|file| ours.contains_key(file.name.as_str())).collect();
    let theirs = ask(&asked)?;
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["JPEG", "ours", "sharp"]);
    for file in &asked {
        let Some((ours, verdict)) = ours.get(file.name.as_str()).zip(theirs.get(&file.path.display().to_string()))
        else {
            continue;
        };
        if ours.is_valid != verdict.is_none() {
            let ours = if ours.is_valid { "takes it" } else { &ours.detail };
            table.add_row([file.name.as_str(), ours, verdict.as_deref().unwrap_or("takes it")]);
        }
    }
    Ok((asked.len(), table))
}

/// What sharp says, by path.
fn ask(files: &[&HostileFile]) -> anyhow::Result<BTreeMap<String, Option<String>>> {
    let script = Path::new(env!("REPOSITORY")).join("bench/hostile/verdicts.mjs");
    let mut command = Command::new("node");
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = command.spawn().context("node is missing")?;
    let mut paths = node.stdin.take().context("node has no stdin")?;
    let mut lines = files.iter().map(|file| file.path.display().to_string()).collect::<Vec<_>>().join("\n");
    lines.push('\n');
    // In a thread of its own: node answers before it has read all.
    let telling = thread::spawn(move || paths.write_all(lines.as_bytes()));
    let answered = node.wait_with_output()?;
    ensure!(answered.status.success(), "sharp did not answer: `scripts/install.sh imaging-peers` installs it");
    telling.join().map_err(|_| anyhow::anyhow!("the paths were not told"))??;
    let lines = answered.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice::<Verdict>(line).map(|Verdict { path, error }| (path, error)))
        .collect::<Result<_, _>>()
        .context("sharp's answer is no JSON")
}
