//! One run of the benchmark: outputs judged first, so that nothing wrong is timed for long; then time, then memory.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use photo_bench_imaging::photo_set::{self, Photo};

use crate::{
    both_paths,
    contender::Contender,
    figures::Results,
    fleet::{self, Programs},
    job::Job,
    peak, quality, rounds, tables, throughput,
};

/// What is measured and with what.
#[derive(Debug, Args)]
pub(crate) struct BenchOptions {
    /// Times that every peer does every photo
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Photos, by the beginning of their names [default: all]
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Peers
    #[arg(long, value_name = "NAME", num_args = 1.., value_enum, default_values_t = Contender::DEFAULT)]
    peers: Vec<Contender>,
    /// The folder of the photos
    #[arg(long, value_name = "FOLDER")]
    photos: PathBuf,
    /// The Python that has Pillow
    #[arg(long, value_name = "PROGRAM")]
    python: PathBuf,
    /// The folder of the peers in other languages, with their packages installed
    #[arg(long, value_name = "FOLDER", default_value = concat!(env!("REPOSITORY"), "bench/imaging/peers"))]
    scripts: PathBuf,
}

/// Measures, prints, and fails where an output is wrong; a goal that is missed is only printed.
///
/// # Errors
/// Where a peer fails, or something it needs is not there.
pub(crate) fn run(options: &BenchOptions) -> anyhow::Result<ExitCode> {
    let photos = photo_set::read(&options.photos, &options.only)?;
    let contenders = in_order(&options.peers);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let results = runtime.block_on(measure(options, &contenders, &photos))?;
    let mut stdout = io::stdout().lock();
    for job in [Job::Full, Job::Thumbs] {
        writeln!(stdout, "{}", tables::of_photos(&results, job, &contenders, &photos))?;
    }
    writeln!(stdout, "{}", tables::of_contenders(&results, &contenders))?;
    writeln!(stdout, "{}", tables::of_forms(&results, &contenders))?;
    for figure in results.figures() {
        writeln!(stdout, "{figure}")?;
    }
    for wrong in &results.quality.wrong {
        writeln!(stdout, "WRONG: {wrong}")?;
    }
    Ok(if results.quality.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(options: &BenchOptions, contenders: &[Contender], photos: &[Photo]) -> anyhow::Result<Results> {
    let programs = Programs { peers: options.scripts.clone(), python: options.python.clone() };
    let rounds = options.rounds.into();
    let mut peers = fleet::start(contenders, &programs).await?;
    writeln!(io::stdout(), "{}", tables::of_programs(&peers))?;
    say(&format!("{} photos: what the outputs are", photos.len()))?;
    let quality = quality::run(&mut peers, photos).await?;
    let paths_ssim = match peers.iter_mut().find(|peer| peer.contender == Contender::Ours) {
        Some(ours) => both_paths::least_ssim(ours, photos).await?,
        None => None,
    };
    say(&format!("{rounds} rounds, one process at a time"))?;
    let samples = rounds::run(&mut peers, photos, rounds).await?;
    drop(peers);
    say(&format!("{rounds} rounds, two processes of a peer at a time"))?;
    let rates = throughput::run(contenders, &programs, photos, rounds).await?;
    say("the largest photo alone, in fresh processes")?;
    let peaks = peak::run(contenders, &programs, photos).await?;
    Ok(Results { samples, rates, peaks, quality, paths_ssim })
}

/// Each once, in the order of tables.
fn in_order(peers: &[Contender]) -> Vec<Contender> {
    let mut contenders = peers.to_vec();
    contenders.sort_unstable();
    contenders.dedup();
    contenders
}

/// What goes on; tables and figures are for stdout.
fn say(line: &str) -> io::Result<()> {
    writeln!(io::stderr(), "imaging: {line}")
}
