//! Helm 3 and Helm 4.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};

use crate::repository::{self, NAMESPACE, RELEASE};

/// A version of Helm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Helm {
    /// The one before: many clusters still run it.
    Three,
    /// The current one.
    Four,
}

impl Helm {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Three, Self::Four];

    /// Where `scripts/install.sh helm` puts it.
    fn program(self) -> anyhow::Result<PathBuf> {
        let name = match self {
            Self::Three => "helm3",
            Self::Four => "helm",
        };
        let program = env::home_dir().context("HOME is not set")?.join(".cache/photo-platform/bin").join(name);
        if !program.exists() {
            bail!("{} is missing: run `scripts/install.sh helm`", program.display());
        }
        Ok(program)
    }

    /// Runs it and gives what it wrote.
    ///
    /// # Errors
    /// It is missing, or it failed: then the error's text is what it said.
    pub fn run(self, arguments: &[&OsStr]) -> anyhow::Result<String> {
        let program = self.program()?;
        let output = Command::new(&program)
            .args(arguments)
            // No cluster is asked, whatever the user's own settings are.
            .env("KUBECONFIG", "/nonexistent")
            .env_remove("HELM_NAMESPACE")
            .output()
            .with_context(|| format!("can't run {}", program.display()))?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The manifests of the chart with these values over its defaults, and more arguments, for the oldest Kubernetes that it
    /// supports.
    ///
    /// # Errors
    /// As of [`Self::run`].
    pub fn template(self, values: &Path, more: &[&str]) -> anyhow::Result<String> {
        let version = ["--kube-version", "1.33.0"];
        self.on_chart(&["template", RELEASE], values, &[&version, more].concat())
    }

    /// Judges the chart with these values, warnings included.
    ///
    /// # Errors
    /// As of [`Self::run`].
    pub fn lint(self, values: &Path) -> anyhow::Result<String> {
        self.on_chart(&["lint", "--strict"], values, &[])
    }

    fn on_chart(self, command: &[&str], values: &Path, more: &[&str]) -> anyhow::Result<String> {
        let chart = repository::chart("");
        let mut arguments: Vec<&OsStr> = command.iter().map(OsStr::new).collect();
        arguments.extend([chart.as_os_str(), "--namespace".as_ref(), NAMESPACE.as_ref()]);
        arguments.extend(["--values".as_ref(), values.as_os_str()]);
        arguments.extend(more.iter().map(OsStr::new));
        self.run(&arguments)
    }
}

/// What a user reads after installing. Helm 3 tells it only where there is a cluster.
///
/// # Errors
/// As of [`Helm::run`].
pub fn notes(values: &Path) -> anyhow::Result<String> {
    let text = Helm::Four.on_chart(&["install", RELEASE, "--dry-run=client"], values, &[])?;
    let (_, notes) = text.split_once("\nNOTES:\n").context("helm printed no notes")?;
    Ok(notes.to_owned())
}
