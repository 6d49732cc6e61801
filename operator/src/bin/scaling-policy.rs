//! The scaling policy as a program, for `tests/scaling`: an observation per line in, a decision per line out.

use std::io::{self, BufRead, Write};

use anyhow::Context;
use clap::Parser;
use photo_operator::scaling::lines::Dialogue;

/// Decides how many workers there should be: lines of JSON in and out, as tests/scaling/README.md has them.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {}

fn main() -> anyhow::Result<()> {
    let Arguments {} = Arguments::parse();
    let mut dialogue = Dialogue::default();
    let mut output = io::stdout().lock();
    for (number, line) in (1..).zip(io::stdin().lock().lines()) {
        let line = line.with_context(|| format!("line {number} can't be read"))?;
        let answer = dialogue.answer(&line).with_context(|| format!("line {number} can't be answered"))?;
        if let Some(answer) = answer {
            writeln!(output, "{answer}").and_then(|()| output.flush()).context("a decision can't be written")?;
        }
    }
    Ok(())
}
