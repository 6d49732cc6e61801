//! Small disks that can be filled: file systems in memory, in the mounts of this run.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use crate::isolation::run;

/// A disk of its own.
#[derive(Debug)]
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// Of `mebibytes`, at `folder`.
    pub(crate) fn mount(folder: &Path, mebibytes: u32) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let size = format!("size={mebibytes}m,mode=700");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "photo-faults"]).arg(folder))?;
        Ok(Self(folder.to_owned()))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// Takes all the room that is left.
    pub(crate) fn fill(&self) -> anyhow::Result<()> {
        let mut filler = fs::File::create(self.filler())?;
        let block = vec![0_u8; 64 * 1024];
        loop {
            match filler.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Gives it back.
    pub(crate) fn free(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.filler())?)
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process may have files open on it for a moment. What stays mounted goes with this run's mounts.
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}
