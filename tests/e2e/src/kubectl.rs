//! kubectl, as people use it: what it says is what they read.

use std::{path::PathBuf, process::Stdio};

use anyhow::Context;
use tokio::{io::AsyncWriteExt, process::Command};

/// kubectl with all rights on a server.
#[derive(Debug, Clone)]
pub struct Kubectl {
    kubeconfig: PathBuf,
}

/// What kubectl said.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whether it did what it was asked to.
    pub ok: bool,
    /// Its words: of standard output where it did, else of standard error.
    pub text: String,
}

impl Kubectl {
    pub(crate) fn new(kubeconfig: PathBuf) -> Self {
        Self { kubeconfig }
    }

    /// Runs it with these arguments and this standard input.
    ///
    /// # Errors
    /// It can't be started, which is not what it says by itself.
    pub async fn run(&self, arguments: &[&str], input: &str) -> anyhow::Result<Answer> {
        let home = std::env::home_dir().context("the user has no home folder")?;
        let program = home.join(".cache/photo-platform/cluster/bin/kubectl");
        let cache = self.kubeconfig.with_file_name("kubectl");
        let mut child = Command::new(&program)
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("KUBECACHEDIR", cache)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("can't start {}", program.display()))?;
        let mut stdin = child.stdin.take().context("kubectl has no standard input")?;
        // It may end without reading, where its arguments are wrong: then its own words say why.
        let written = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = child.wait_with_output().await?;
        let ok = output.status.success();
        if ok {
            written.context("kubectl did not read its input")?;
        }
        let text = String::from_utf8(if ok { output.stdout } else { output.stderr })?;
        Ok(Answer { ok, text: text.trim_end().to_owned() })
    }

    /// The same in a namespace.
    ///
    /// # Errors
    /// As [`Kubectl::run`].
    pub async fn run_in(&self, namespace: &str, arguments: &[&str], input: &str) -> anyhow::Result<Answer> {
        self.run(&[arguments, &["--namespace", namespace]].concat(), input).await
    }
}
