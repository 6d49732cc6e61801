//! How a slot is started: a program and its arguments, with nothing of this process's environment.

use std::{ffi::OsString, path::PathBuf, process::Stdio};

use tokio::process::Command;

/// Where the kernel gives huge pages to whoever asks (`madvise`, the default of most distributions), the planes of a photo lie
/// in them: they come and go with each photo, and 4 KiB at a time a sixth of a large one's time went into that. What is larger
/// than 8 MiB goes back at once. Left to itself, glibc keeps more of it the larger it was: 60 MB between two photos in place
/// of 15, and 135 at the peak of the bench's photos in place of 110, for no time that could be measured.
const ALLOCATOR: (&str, &str) = (
    "GLIBC_TUNABLES",
    "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=8388608:glibc.malloc.trim_threshold=8388608",
);

/// The program whose processes are slots; it calls [`serve`](super::serve()).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotCommand {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl SlotCommand {
    /// That program with these arguments.
    pub fn new(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().map(Into::into).collect() }
    }

    /// This very program, started with `slot`.
    ///
    /// By the kernel's link to its file, which leads there also when the program is replaced on disk while it runs:
    /// both ends of the pipes are always of one version.
    pub fn of_this_program() -> Self {
        Self::new("/proc/self/exe", ["slot"])
    }

    /// The command, ready to be started.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        // A photo that takes a decoder over finds no secret there.
        command.env_clear().current_dir("/");
        command.env(ALLOCATOR.0, ALLOCATOR.1);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C on a terminal goes to the group of its process, whose runs are then drained and not cut off.
        command.process_group(0).kill_on_drop(true);
        command
    }
}
