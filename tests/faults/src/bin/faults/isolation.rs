//! A network and mounts of our own: what is cut and what is filled is nobody else's.

use std::{
    os::unix::process::CommandExt,
    process::{Command, ExitStatus},
};

use anyhow::{Context, bail, ensure};

/// Starts this program again, with the same arguments and `--isolated`, where it has a network and mounts of its own.
/// Who is not root is root there, over what is their own.
///
/// # Errors
/// It can't be started so; it does not return otherwise.
pub(crate) fn enter() -> anyhow::Result<()> {
    let mut unshare = Command::new("unshare");
    unshare.args(["--net", "--mount"]);
    if run(Command::new("id").arg("-u").stdout(std::process::Stdio::piped()))? != "0" {
        unshare.args(["--user", "--map-root-user"]);
    }
    let me = std::env::current_exe().context("finding the running program")?;
    unshare.arg(me).args(std::env::args_os().skip(1)).arg("--isolated");
    Err(unshare.exec()).context("unshare (Debian package util-linux) can't be started")
}

/// The network has only its loopback, and that is down.
pub(crate) fn prepare() -> anyhow::Result<()> {
    run(Command::new("ip").args(["link", "set", "lo", "up"])).map(drop)
}

/// Runs a program to its end, and returns what it printed.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{program} can't be started: run `make faults`"))?;
    check(&program, output.status, &output.stderr)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The same with something to read.
pub(crate) fn run_with(command: &mut Command, input: &str) -> anyhow::Result<()> {
    use std::{io::Write, process::Stdio};
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let Some(mut stdin) = child.stdin.take() else { bail!("{program} reads nothing") };
    stdin.write_all(input.as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    check(&program, output.status, &output.stderr)
}

fn check(program: &str, status: ExitStatus, stderr: &[u8]) -> anyhow::Result<()> {
    ensure!(status.success(), "{program} failed: {}", String::from_utf8_lossy(stderr).trim());
    Ok(())
}
