//! kubectl, as people use it: what it says is what they read.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::program::{self, Answer};

/// kubectl with the rights of a kubeconfig.
#[derive(Debug, Clone)]
pub struct Kubectl {
    kubeconfig: PathBuf,
}

impl Kubectl {
    /// kubectl for the cluster of that file.
    pub fn new(kubeconfig: PathBuf) -> Self {
        Self { kubeconfig }
    }

    /// The file that says which cluster it is.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The command with these arguments, to be started.
    ///
    /// # Errors
    /// There is no home folder to look for it.
    pub fn command(&self, arguments: &[impl AsRef<OsStr>]) -> anyhow::Result<Command> {
        let mut command = Command::new(program::installed("cluster/bin/kubectl")?);
        command.args(arguments).env("KUBECONFIG", &self.kubeconfig);
        command.env("KUBECACHEDIR", std::env::temp_dir().join("photo-kubectl"));
        Ok(command)
    }

    /// Runs it with these arguments and this standard input.
    ///
    /// # Errors
    /// It can't be started, which is not what it says by itself.
    pub async fn run(&self, arguments: &[&str], input: &str) -> anyhow::Result<Answer> {
        program::run(&mut self.command(arguments)?, input).await
    }

    /// The same in a namespace.
    ///
    /// # Errors
    /// As [`Kubectl::run`].
    pub async fn run_in(&self, namespace: &str, arguments: &[&str], input: &str) -> anyhow::Result<Answer> {
        self.run(&[arguments, &["--namespace", namespace]].concat(), input).await
    }
}
