//! What this process and its children have used so far: processor time, and the most memory that each ever had.

use std::{fs, io, path::Path, process, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// What was used up to a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// On all processors together.
    pub(crate) cpu: Duration,
    /// Each process's peak (`VmHWM`), added up: more than was ever in use at once where they differ in time.
    pub(crate) peak_kb: u64,
}

/// Of this process and the children that it has now. Slots are children that live from job to job, and the kernel adds
/// a child's time to its parent's only when it has ended: so it is read from where the kernel shows it.
pub(crate) fn of_this_family() -> io::Result<Usage> {
    // A kernel that does not count so would take the children for idle.
    fs::read_to_string("/proc/self/schedstat")?;
    let mut usage = Usage { cpu: own_cpu(), peak_kb: peak_kb(Path::new("/proc/self"))? };
    for entry in fs::read_dir("/proc")? {
        let folder = entry?.path();
        // What is no process, or has ended meanwhile, has no such files.
        let Ok(status) = fs::read_to_string(folder.join("status")) else { continue };
        if field(&status, "PPid:") != Some(process::id().into()) {
            continue;
        }
        if let Ok(child) = of_child(&folder) {
            usage.cpu += child.cpu;
            usage.peak_kb += child.peak_kb;
        }
    }
    Ok(usage)
}

fn of_child(folder: &Path) -> io::Result<Usage> {
    Ok(Usage { cpu: threads_cpu(folder)?, peak_kb: peak_kb(folder)? })
}

/// With the time of threads that have ended.
fn own_cpu() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(now.tv_sec)) + Duration::from_nanos(part(now.tv_nsec))
}

/// To the nanosecond, where `stat` counts hundredths of a second. Threads that have ended are not in it; a slot has one.
fn threads_cpu(folder: &Path) -> io::Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir(folder.join("task"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        let nanoseconds = text.split_whitespace().next().and_then(|first| first.parse().ok());
        sum += Duration::from_nanos(nanoseconds.ok_or_else(|| io::Error::other("schedstat holds no number"))?);
    }
    Ok(sum)
}

fn peak_kb(folder: &Path) -> io::Result<u64> {
    let status = fs::read_to_string(folder.join("status"))?;
    field(&status, "VmHWM:").ok_or_else(|| io::Error::other("status tells no VmHWM"))
}

fn field(status: &str, name: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{process::Command, time::Instant};

    use super::*;

    #[test]
    fn work_of_this_process_counts() {
        let before = of_this_family().unwrap();
        let began = Instant::now();
        let mut sum = 0_u64;
        while began.elapsed() < Duration::from_millis(30) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let after = of_this_family().unwrap();
        assert!(after.cpu > before.cpu);
    }

    #[test]
    fn a_child_counts_while_it_lives() {
        let alone = of_this_family().unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let together = of_this_family().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(together.peak_kb > alone.peak_kb);
    }

    #[test]
    fn a_field_is_the_number_after_its_name() {
        let status = "Name:\tslot\nPPid:\t17\nVmHWM:\t    1234 kB\n";
        assert_eq!(
            (field(status, "PPid:"), field(status, "VmHWM:"), field(status, "VmRSS:")),
            (Some(17), Some(1234), None)
        );
    }
}
