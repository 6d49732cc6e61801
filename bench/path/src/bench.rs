//! One run of the benchmark: a turn of each contender that is not measured, then rounds in which each has one.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use photo_bench_imaging::order::order;

use crate::{
    contender::Contender,
    figures,
    judge::{Depth, judge},
    node_stack,
    photo::{self, Photo},
    results::Results,
    stacks::Stacks,
    tables, turn,
};

/// Measures the way of photos from upload to completed, ours beside a Node stack's.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct BenchOptions {
    /// Times that every contender has its turn
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Times that every photo is sent in a turn
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=1000))]
    passes: u16,
    /// Photos on their way at the same time
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=100))]
    clients: u16,
    /// Photos, by the beginning of their names [default: all]
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Contenders
    #[arg(long, value_name = "NAME", num_args = 1.., value_enum, default_values_t = Contender::DEFAULT)]
    contenders: Vec<Contender>,
    /// The folder of the photos
    #[arg(long, value_name = "FOLDER")]
    photos: PathBuf,
    /// The folder of the Node stack, with its packages installed
    #[arg(long, value_name = "FOLDER", default_value = concat!(env!("REPOSITORY"), "bench/path/peers/node"))]
    node: PathBuf,
}

/// Measures, prints, and fails where an output is wrong; a goal that is missed is only printed.
///
/// # Errors
/// Where a stack does not start, or a photo is not completed.
pub(crate) fn run(options: &BenchOptions) -> anyhow::Result<ExitCode> {
    let photos = photo::read(&options.photos, &options.only)?;
    let mut contenders = options.contenders.clone();
    contenders.sort_unstable();
    contenders.dedup();
    writeln!(io::stdout(), "{}\n{}", node_stack::versions(&options.node)?, tables::of_contenders(&contenders))?;
    // One thread: what the clients need is taken from everybody alike, and should be little.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut bench = Bench { options, contenders: &contenders, results: Results::default(), wrong: Vec::new() };
    runtime.block_on(bench.measure(&photos))?;
    let mut stdout = io::stdout().lock();
    for table in [tables::of_path, tables::of_cpu, tables::of_peaks] {
        writeln!(stdout, "{}", table(&bench.results, &contenders))?;
    }
    for figure in figures::of(&bench.results) {
        writeln!(stdout, "{figure}")?;
    }
    for wrong in &bench.wrong {
        writeln!(stdout, "WRONG: {wrong}")?;
    }
    Ok(if bench.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A run under way.
struct Bench<'a> {
    options: &'a BenchOptions,
    contenders: &'a [Contender],
    results: Results,
    wrong: Vec<String>,
}

impl Bench<'_> {
    async fn measure(&mut self, photos: &[Photo]) -> anyhow::Result<()> {
        say("starting both stacks")?;
        let stacks = Stacks::start(self.contenders, &self.options.node).await?;
        let every: Vec<&Photo> = photos.iter().collect();
        for contender in self.contenders {
            say(&format!("{contender}: {} photos that are not timed", every.len()))?;
            self.turn(&stacks, *contender, &every, Depth::Pixels).await?;
        }
        for round in 0..usize::from(self.options.rounds) {
            let sent = photo::in_turn(photos, round, self.options.passes.into());
            for place in order(self.contenders.len(), round) {
                let Some(contender) = self.contenders.get(place) else { continue };
                let turn = self.turn(&stacks, *contender, &sent, Depth::Header).await?;
                let (photos, seconds) = (turn.photos.len(), turn.time.as_secs_f64());
                say(&format!("round {}: {contender}: {photos} photos in {seconds:.1} s", round + 1))?;
                self.results.add(*contender, turn);
            }
        }
        Ok(())
    }

    /// A turn, and what its outputs are, which is not timed.
    async fn turn(
        &mut self,
        stacks: &Stacks,
        contender: Contender,
        photos: &[&Photo],
        depth: Depth,
    ) -> anyhow::Result<turn::Turn> {
        let entrance = stacks.entrance(contender)?;
        let (mut turn, completed) = turn::run(&entrance, photos, self.options.clients.into()).await?;
        let verdict = judge(&entrance, &completed, depth).await?;
        turn.output_bytes = verdict.bytes;
        self.wrong.extend(verdict.wrong);
        Ok(turn)
    }
}

/// What goes on; tables and figures are for stdout.
fn say(line: &str) -> io::Result<()> {
    writeln!(io::stderr(), "path: {line}")
}
