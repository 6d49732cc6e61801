//! A port of a pod or Service, brought to this machine by `kubectl port-forward`: it works in every cluster.

use std::process::Stdio;

use anyhow::Context;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout},
};

use crate::kubectl::Kubectl;

/// A forwarded port; it ends with this value, and with the pod that it leads to.
pub struct Forward {
    port: u16,
    _process: Child,
    /// kubectl ends when nobody listens to what it says.
    _said: BufReader<ChildStdout>,
}

impl Forward {
    /// Forwards `port` of `target`, for example `service/quickstart-gateway`, to any free port.
    ///
    /// # Errors
    /// There is no such pod, or it is not ready; the text is what kubectl says.
    pub async fn to(kubectl: &Kubectl, namespace: &str, target: &str, port: u16) -> anyhow::Result<Self> {
        let ports = format!(":{port}");
        let mut command =
            kubectl.command(&["port-forward", "--namespace", namespace, "--address", "127.0.0.1", target, &ports])?;
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let mut said = BufReader::new(process.stdout.take().context("kubectl has no standard output")?);
        let mut line = String::new();
        said.read_line(&mut line).await?;
        // Forwarding from 127.0.0.1:34567 -> 3000
        let local = line.strip_prefix("Forwarding from 127.0.0.1:").and_then(|rest| rest.split_once(' '));
        if let Some((port, _)) = local {
            return Ok(Self { port: port.parse()?, _process: process, _said: said });
        }
        let output = process.wait_with_output().await?;
        anyhow::bail!("{target} is not forwarded: {line}{}", String::from_utf8_lossy(&output.stderr))
    }

    /// Where it is reached.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
