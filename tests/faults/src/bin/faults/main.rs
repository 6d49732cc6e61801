//! Uploads photos to a platform of real processes, ends, stops and empties those processes meanwhile, and then lets
//! `faults-audit` count what was lost. Everything that chance decides comes from the seed that it prints.

mod audit;
mod client;
mod fault;
mod quiet;

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use fastrand::Rng;
use photo_faults::ledger::Ledger;
use photo_stack::{
    Stack, StackOptions,
    figures::{Figure, Goal, number},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use fault::{Fault, Target};

#[derive(Debug, Parser)]
struct Arguments {
    /// Photos that are to be accepted at least.
    #[arg(long, default_value_t = 5_000)]
    photos: u64,
    /// Processes that are to be ended at least.
    #[arg(long, default_value_t = 200)]
    kills: usize,
    /// Clients that upload at the same time.
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// What chance begins with; another one each time where none is given.
    #[arg(long)]
    seed: Option<u64>,
}

/// Seconds that an object may be without a photo.
const GRACE_SECONDS: u64 = 30;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    say(&format!("seed {seed}"))?;
    let stack = Arc::new(start().await?);
    let ledger = stack.folder().join("ledger.jsonl");
    let accepted = Arc::new(AtomicU64::new(0));
    let (stop, mut clients) = (CancellationToken::new(), JoinSet::new());
    let promises = Arc::new(Ledger::create(&ledger)?);
    for client in 0..arguments.clients {
        let (stack, promises) = (Arc::clone(&stack), Arc::clone(&promises));
        let (accepted, stop) = (Arc::clone(&accepted), stop.clone());
        clients.spawn(client::upload(stack, client, promises, accepted, stop));
    }

    let mut rng = Rng::with_seed(seed);
    let mut hits: BTreeMap<String, usize> = BTreeMap::new();
    let mut ended = 0;
    let mut targets = Target::ALL.into_iter().cycle();
    while ended < arguments.kills || accepted.load(Ordering::Relaxed) < arguments.photos {
        let fault = Fault::choose(&mut rng, targets.next().context("there is nobody to hit")?);
        let hit = fault.happen(&stack, &mut rng).await.with_context(|| format!("{fault:?}"))?;
        ended += usize::from(fault.ends_a_process());
        *hits.entry(hit).or_default() += 1;
        ensure!(!clients.is_empty(), "the clients have ended");
        while let Some(ended) = clients.try_join_next() {
            ended??;
        }
    }
    stop.cancel();
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    for (what, times) in &hits {
        say(&format!("{times:>5} x {what}"))?;
    }

    let quiet = quiet::until_everything_has_ended(&stack).await?;
    tokio::time::sleep(Duration::from_secs(GRACE_SECONDS)).await;
    quiet::until_swept(&stack).await?;
    let findings = audit::run(&stack, &ledger).await?;
    tell("accepted", findings.accepted, Goal::AtLeast(number(arguments.photos)))?;
    tell("kills", ended, Goal::AtLeast(number(arguments.kills as u64)))?;
    let figure = Figure { name: "quiet_s", value: quiet.as_secs_f64(), unit: "s", goal: Goal::AtMost(120.0) };
    say(&figure.to_string())?;
    let mut is_clean = true;
    for (name, found) in findings.wrong() {
        tell(name, found.len(), Goal::Exactly(0.0))?;
        for line in found.iter().take(10) {
            say(&format!("  {name}: {line}"))?;
        }
        is_clean &= found.is_empty();
    }
    if !is_clean {
        let mut stack = Arc::into_inner(stack).context("a client goes on")?;
        bail!("something was lost or left over: seed {seed}; everything is in {}", stack.keep_folder().display());
    }
    Ok(())
}

async fn start() -> anyhow::Result<Stack> {
    let text = |value: u64| value.to_string();
    let sweep = [("SWEEP_GRACE_SECONDS", text(GRACE_SECONDS)), ("SWEEP_PERIOD_SECONDS", text(5))];
    let mut storage: BTreeMap<String, String> =
        sweep.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    storage.insert("CLEANUP".to_owned(), "Delete".to_owned());
    let environment = BTreeMap::from([("storage", storage)]);
    let mut options = StackOptions { own_servers: true, environment, ..StackOptions::default() };
    for pipeline in &mut options.pipelines {
        pipeline.workers = 2;
    }
    Stack::start(&options).await
}

fn tell(name: &'static str, count: usize, goal: Goal) -> anyhow::Result<()> {
    say(&Figure { name, value: number(count as u64), unit: name, goal }.to_string())
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
