//! The peers that are this program itself: they read jobs from stdin and answer on stdout, as the others do.

use std::{
    fs,
    io::{self, BufRead, Write},
    path::Path,
    time::Instant,
};

use anyhow::Context;
use serde::Serialize;

use crate::{
    contender::{Contender, Program},
    job::{Answer, Greeting, Job, MadeFile, Order, Reply},
    usage,
};

mod image_alone;
mod ours;

/// What a job made.
#[derive(Debug, Default)]
pub(crate) struct Made {
    has_exif: bool,
    outputs: Vec<MadeOutput>,
}

/// One output with its content.
#[derive(Debug)]
struct MadeOutput {
    name: String,
    width: u32,
    height: u32,
    bytes: Vec<u8>,
}

/// Does jobs as `contender` until stdin ends.
///
/// # Errors
/// Where the contender is another program, cannot start, or nobody reads its answers.
pub(crate) fn serve(contender: Contender) -> anyhow::Result<()> {
    match contender.program() {
        Program::Ours(optimization) => {
            let mut peer = ours::Ours::start(optimization)?;
            answer_all(&peer.greeting(), &mut |job, photo| peer.run(job, photo))
        }
        Program::Image => answer_all(&image_alone::greeting(), &mut image_alone::run),
        Program::Sharp(_) | Program::Pillow => anyhow::bail!("{contender} is a program of its own"),
    }
}

type Work<'a> = dyn FnMut(Job, &[u8]) -> anyhow::Result<Made> + 'a;

fn answer_all(greeting: &Greeting, work: &mut Work<'_>) -> anyhow::Result<()> {
    say(greeting)?;
    for line in io::stdin().lock().lines() {
        let order: Order = serde_json::from_str(&line?).context("an order that is none")?;
        let reply =
            answer(&order, work).map_or_else(|error| Reply::Refused { error: format!("{error:#}") }, Reply::Done);
        say(&reply)?;
    }
    Ok(())
}

fn answer(order: &Order, work: &mut Work<'_>) -> anyhow::Result<Answer> {
    // Not measured: a worker has the photo's bytes before its stages begin.
    let photo = fs::read(&order.photo)?;
    let before = usage::of_this_family()?;
    let began = Instant::now();
    let made = work(order.job, &photo)?;
    let wall = began.elapsed();
    let after = usage::of_this_family()?;
    if let Some(folder) = &order.out {
        write(&made.outputs, folder)?;
    }
    Ok(Answer {
        wall_ms: wall.as_secs_f64() * 1000.0,
        cpu_ms: after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1000.0,
        peak_kb: after.peak_kb,
        has_exif: made.has_exif,
        outputs: made.outputs.into_iter().map(MadeOutput::without_content).collect(),
    })
}

fn write(outputs: &[MadeOutput], folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    outputs.iter().try_for_each(|output| fs::write(folder.join(format!("{}.jpg", output.name)), &output.bytes))
}

fn say(line: &impl Serialize) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", serde_json::to_string(line)?)?;
    Ok(stdout.flush()?)
}

impl MadeOutput {
    fn without_content(self) -> MadeFile {
        let Self { name, width, height, bytes } = self;
        MadeFile { name, width, height, bytes: bytes.len() as u64 }
    }
}
