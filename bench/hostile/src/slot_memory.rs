//! The most memory that slots had, file by file: the kernel's own peak, which can be set back.

use std::{fs, path::PathBuf, process};

/// Sets the peaks of all slots back to what they have now.
///
/// A kernel that can't makes peaks those of all files so far, which is more, never less.
pub(crate) fn forget_peaks() {
    for slot in slots() {
        drop(fs::write(slot.join("clear_refs"), "5"));
    }
}

/// The highest peak of all slots in KiB; nothing of those that have ended.
pub(crate) fn peak_kib() -> u64 {
    let peaks = slots().into_iter().filter_map(|slot| number(&status(&slot)?, "VmHWM:"));
    peaks.max().unwrap_or_default()
}

/// The children of this process, which starts nothing else.
fn slots() -> Vec<PathBuf> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let folders = processes.flatten().map(|process| process.path());
    let own = u64::from(process::id());
    folders.filter(|folder| status(folder).and_then(|status| number(&status, "PPid:")) == Some(own)).collect()
}

/// What is no process, or has ended meanwhile, has none.
fn status(folder: &std::path::Path) -> Option<String> {
    fs::read_to_string(folder.join("status")).ok()
}

fn number(status: &str, name: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_child_has_a_peak_while_it_lives() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        forget_peaks();
        let living = peak_kib();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(living > 0);
        assert_eq!(peak_kib(), 0);
    }

    #[test]
    fn a_number_stands_behind_its_name() {
        assert_eq!(number("PPid:\t17\nVmHWM:\t    1234 kB\n", "VmHWM:"), Some(1234));
        assert_eq!(number("PPid:\t17\n", "VmHWM:"), None);
    }
}
