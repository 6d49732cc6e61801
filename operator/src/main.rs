//! The operator's program.

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::{Parser, Subcommand};

/// Keeps photo platforms as their custom resources describe them.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the operator: it keeps platforms as they are described until it is told to stop.
    Run(Box<photo_operator::RunConfig>),
    /// Writes the CustomResourceDefinitions as YAML files into a folder.
    Crds {
        /// The folder.
        folder: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Run(config) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(photo_operator::run(*config))
        }
        Command::Crds { folder } => write_crds(&folder),
    }
}

fn write_crds(folder: &std::path::Path) -> anyhow::Result<()> {
    for definition in photo_operator::api::custom_resource_definitions()? {
        let name = photo_operator::api::file_name(&definition).context("a definition has no plural")?;
        let text = serde_saphyr::to_string(&definition)?;
        fs::write(folder.join(&name), text).with_context(|| format!("can't write {name}"))?;
    }
    Ok(())
}
