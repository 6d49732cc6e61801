//! What a slot gives up before it sees the first photo. It does so itself: no step needs a privilege, and none is undone.

use std::{fs, io};

use rustix::{
    process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit},
    thread::{set_name, set_no_new_privs},
};

/// The three pipes and room for what the C library opens on its own.
const FILES_MAX: u64 = 16;

/// Confines this process for the rest of its life.
///
/// It ends with the thread that started it, gains no privileges by any program, has at most `address_space` bytes of
/// address space, opens next to nothing, writes no file and leaves no core dump with a photo in it.
pub(super) fn confine(address_space: u64) -> io::Result<()> {
    set_name(c"photo-slot")?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    set_no_new_privs(true)?;
    prefer_as_victim();
    let limits =
        [(Resource::Core, 0), (Resource::Fsize, 0), (Resource::Nofile, FILES_MAX), (Resource::As, address_space)];
    for (resource, wanted) in limits {
        // A limit that somebody has set below ours stays.
        let bound = getrlimit(resource).maximum.map_or(wanted, |ceiling| ceiling.min(wanted));
        setrlimit(resource, Rlimit { current: Some(bound), maximum: Some(bound) })?;
    }
    Ok(())
}

/// Where the container's memory is used up, the kernel ends a slot and not the worker. Where it can't be asked to, it
/// chooses by size, which is a slot too most of the time.
fn prefer_as_victim() {
    drop(fs::write("/proc/self/oom_score_adj", "1000"));
}
