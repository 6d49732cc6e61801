//! Helm, as people use it.

use std::path::Path;

use tokio::process::Command;

use crate::{
    kubectl::Kubectl,
    program::{self, Answer},
};

/// The operator's chart.
pub const CHART: &str = concat!(env!("REPOSITORY"), "charts/photo-platform-operator");

/// Runs Helm against a cluster.
///
/// # Errors
/// It can't be started, which is not what it says by itself.
pub async fn helm(kubectl: &Kubectl, arguments: &[&str]) -> anyhow::Result<Answer> {
    let config: &Path = kubectl.kubeconfig();
    let mut command = Command::new(program::installed("bin/helm")?);
    program::run(command.args(arguments).env("KUBECONFIG", config), "").await
}
