//! What the operator costs and how fast it is, on a real API server with real controllers of workloads: the figures of
//! `make bench-operator`. A peer is what Kubernetes' own controllers do in the same run.

mod failover;
mod fleet;
mod latency;
mod site;

use std::io::Write;

use photo_stack::figures::{Figure, Goal};

/// All parts, or those that are named.
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo adds `--bench`.
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_asked = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    if is_asked("latency") {
        latency::measure().await?;
    }
    if is_asked("failover") {
        failover::measure().await?;
    }
    if is_asked("fleet") {
        fleet::measure().await?;
    }
    Ok(())
}

/// Prints a figure.
fn tell(name: &'static str, value: f64, unit: &'static str, goal: Goal) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{}", Figure { name, value, unit, goal })?;
    Ok(())
}
