//! A disk that a test can fill: a small file system in memory, which only root may mount. Others test with the greatest
//! length of a file lowered to nothing: writes fail as on a full disk, but as another error.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A disk that can be filled.
pub(crate) enum Disk {
    /// A file system of its own, and the file that fills it.
    Mounted(PathBuf),
    /// The greatest length of a file that the process may write.
    Limited,
}

impl Disk {
    /// Of 256 MiB, at `folder`.
    pub(crate) fn mount(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256m,mode=700", "photo-test"]).arg(folder);
        if mount.output().unwrap().status.success() { Self::Mounted(folder.to_owned()) } else { Self::Limited }
    }

    pub(crate) fn fill(&self, pid: u32) {
        match self {
            Self::Mounted(folder) => {
                let filler = Command::new("dd").arg("if=/dev/zero").arg(of(folder)).arg("bs=64k").output().unwrap();
                assert!(!filler.status.success(), "it ends where the disk does");
            }
            Self::Limited => limit(pid, "0"),
        }
    }

    pub(crate) fn free(&self, pid: u32) {
        match self {
            Self::Mounted(folder) => fs::remove_file(folder.join("filler")).unwrap(),
            Self::Limited => limit(pid, "unlimited"),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Mounted(folder) = self {
            // Lazily: the process may have files open on it for a moment.
            drop(Command::new("umount").arg("--lazy").arg(folder).status());
        }
    }
}

fn of(folder: &Path) -> String {
    format!("of={}", folder.join("filler").display())
}

/// Sets the soft limit, which a process's own user may raise again.
fn limit(pid: u32, bytes: &str) {
    let mut prlimit = Command::new("prlimit");
    let set = prlimit.arg("--pid").arg(pid.to_string()).arg(format!("--fsize={bytes}:")).status().unwrap();
    assert!(set.success());
}
