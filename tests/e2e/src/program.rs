//! Programs that tests run as people do, and what they say.

use std::{path::PathBuf, process::Stdio};

use anyhow::Context;
use tokio::{io::AsyncWriteExt, process::Command};

/// What a program said.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whether it did what it was asked to.
    pub ok: bool,
    /// Its words: of standard output where it did, else of standard error.
    pub text: String,
}

impl Answer {
    /// Its words, where it did what it was asked to.
    ///
    /// # Errors
    /// It did not; the text is what it said.
    pub fn done(self) -> anyhow::Result<String> {
        if self.ok { Ok(self.text) } else { Err(anyhow::Error::msg(self.text)) }
    }
}

/// A program that was installed for the tests: `cluster/bin/kubectl`, `bin/helm`.
pub(crate) fn installed(path: &str) -> anyhow::Result<PathBuf> {
    let home = std::env::home_dir().context("the user has no home folder")?;
    Ok(home.join(".cache/photo-platform").join(path))
}

/// Runs a command to its end with this standard input.
///
/// # Errors
/// It can't be started, or does not take its input.
pub async fn run(command: &mut Command, input: &str) -> anyhow::Result<Answer> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("can't start {}", command.as_std().get_program().display()))?;
    let mut stdin = child.stdin.take().context("the program has no standard input")?;
    // It may end without reading, where its arguments are wrong: then its own words say why.
    let written = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await?;
    let ok = output.status.success();
    if ok {
        written.context("the program did not read its input")?;
    }
    let text = String::from_utf8(if ok { output.stdout } else { output.stderr })?;
    Ok(Answer { ok, text: text.trim_end().to_owned() })
}
