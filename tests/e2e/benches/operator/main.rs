//! What the operator costs and how fast it is, on a real API server with real controllers of workloads: the figures of
//! `make bench-operator`. A peer is what Kubernetes' own controllers do in the same run.

mod failover;
mod fleet;
mod latency;
mod site;

use std::io::Write;

use photo_stack::figures::{Figure, Goal};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    latency::measure().await?;
    failover::measure().await?;
    fleet::measure().await
}

/// Prints a figure.
fn tell(name: &'static str, value: f64, unit: &'static str, goal: Goal) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{}", Figure { name, value, unit, goal })?;
    Ok(())
}
