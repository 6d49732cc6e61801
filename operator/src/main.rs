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
    fs::create_dir_all(folder).with_context(|| format!("can't make the folder {}", folder.display()))?;
    for (name, text) in photo_operator::api::definition_files()? {
        fs::write(folder.join(&name), text).with_context(|| format!("can't write {name}"))?;
    }
    Ok(())
}
