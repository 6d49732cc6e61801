//! What processes have used so far: processor time, and the most memory that each had since it was last asked to forget.

use std::{fs, time::Duration};

use anyhow::{Context, ensure};
use photo_stack::process::{Process, memory_of};

/// In which the kernel tells processor time: a hundredth of a second on every machine that Rust runs on (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// What was used in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Used {
    /// Of users and of the kernel, on all processors together.
    pub(crate) cpu: Duration,
    /// Each process's peak (`VmHWM`), added up: more than was ever in use at once where they differ in time.
    pub(crate) peak_bytes: u64,
}

/// Of a process and of its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Family {
    /// Its own, with the processor time of children that have ended.
    pub(crate) own: Used,
    /// Of the children that it has now; `None` where it has none.
    pub(crate) children: Option<Used>,
}

/// What a process and its children have used so far.
///
/// # Errors
/// Where it has ended.
pub(crate) fn of(process: &Process) -> anyhow::Result<Family> {
    let own = used(&process.pid().to_string()).with_context(|| format!("{} has ended", process.name()))?;
    // One that has ended meanwhile will be in its parent's processor time.
    let children = children(process).iter().filter_map(|child| used(child)).reduce(Used::and);
    Ok(Family { own, children })
}

impl Used {
    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { cpu: self.cpu + other.cpu, peak_bytes: self.peak_bytes + other.peak_bytes }
    }
}

/// Has the kernel count the peaks of a process and its children from now on.
///
/// # Errors
/// Where it has ended, or the kernel can't.
pub(crate) fn forget_peak(process: &Process) -> anyhow::Result<()> {
    let forget = |pid: &str| fs::write(format!("/proc/{pid}/clear_refs"), "5");
    forget(&process.pid().to_string()).with_context(|| format!("resetting the peak of {}", process.name()))?;
    for child in children(process) {
        // One that has ended meanwhile has no peak.
        drop(forget(&child));
    }
    ensure!(process.is_running(), "{} has ended", process.name());
    Ok(())
}

/// The process ids of its children.
fn children(process: &Process) -> Vec<String> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", process.pid())) else { return Vec::new() };
    let listed = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    listed.flat_map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn used(pid: &str) -> Option<Used> {
    let ticks = ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
    let cpu = TICK.saturating_mul(u32::try_from(ticks).ok()?);
    Some(Used { cpu, peak_bytes: memory_of(pid, "VmHWM")? })
}

/// `utime`, `stime`, `cutime` and `cstime` of a line of `/proc/<pid>/stat`. A name may hold anything, so what follows its
/// bracket is counted.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let times: Vec<u64> = fields.split_whitespace().skip(11).take(4).filter_map(|field| field.parse().ok()).collect();
    (times.len() == 4).then(|| times.iter().sum())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn ticks_are_those_of_the_process_and_of_children_that_have_ended() {
        let stat = "31322 (a) b) S 1 31322 31322 0 -1 4194560 5 6 7 8 100 20 3 4 20 0 11 0 12345 999 888";
        assert_eq!(ticks(stat), Some(127));
        assert_eq!(ticks("31322 (short) S 1 2"), None);
    }

    #[tokio::test]
    async fn a_child_counts_and_a_peak_can_be_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("python3");
        let script = "import subprocess, sys; x = bytearray(64 << 20); x = None; print('done', flush=True); \
                      subprocess.run([sys.executable, '-c', 'while True: pass'])";
        command.args(["-c", script]);
        let process = Process::start("python3", &command, &folder.path().join("log")).unwrap();
        let of_child = || of(&process).unwrap().children.unwrap_or_default();
        let worked = async || of_child().cpu > Duration::from_millis(300);
        process.wait_until(Duration::from_mins(1), worked).await.unwrap();
        let family = of(&process).unwrap();
        assert!(family.own.peak_bytes > 64 << 20 && family.own.cpu < family.children.unwrap().cpu);
        forget_peak(&process).unwrap();
        assert!(of(&process).unwrap().own.peak_bytes < 64 << 20);
        let child = children(&process).pop().unwrap();
        process.kill();
        Command::new("kill").args(["-KILL", &child]).status().unwrap();
    }
}
