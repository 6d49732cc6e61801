//! On which file system the database lies. SQLite's locks and its shared memory need one of this machine.

use std::{fs, io, path::Path};

/// The remote file system that holds `folder`, if it is on one.
pub(super) fn remote_file_system(folder: &Path) -> io::Result<Option<String>> {
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    Ok(file_system_of(&mounts, &folder.canonicalize()?).filter(|name| is_remote(name)).map(str::to_owned))
}

fn is_remote(file_system: &str) -> bool {
    // A program behind FUSE may be anything, an object store among others.
    ["nfs", "cifs", "smb", "fuse"].iter().any(|start| file_system.starts_with(start))
}

/// The type of the innermost mount above `folder`; of two at the same place the later hides the earlier.
/// Each line is `… <mount point> <options> [<tag> …] - <type> <source> <options>` (`man 5 proc_pid_mountinfo`).
fn file_system_of<'m>(mounts: &'m str, folder: &Path) -> Option<&'m str> {
    let mount = |line: &'m str| {
        let (place, kind) = line.split_once(" - ")?;
        let point = place.split(' ').nth(4)?.replace("\\040", " ");
        folder.starts_with(&point).then_some((point.len(), kind.split(' ').next()?))
    };
    mounts.lines().filter_map(mount).max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /storage rw,relatime shared:5 master:1 - nfs4 server:/export rw,vers=4.2
31 30 254:1 / /storage/local rw,relatime - xfs /dev/vdb rw
32 22 0:27 / /my\\040photos rw - fuse.s3fs s3fs rw
33 22 0:28 / /twice rw - xfs /dev/vdc rw
34 33 0:29 / /twice rw - cifs //server/share rw
";

    #[test]
    fn the_innermost_and_latest_mount_counts() {
        let cases = [
            ("/data", Some("ext4")),
            ("/storage", Some("nfs4")),
            ("/storage/a/b", Some("nfs4")),
            ("/storage/local/a", Some("xfs")),
            ("/storages", Some("ext4")),
            ("/my photos/db", Some("fuse.s3fs")),
            ("/twice", Some("cifs")),
        ];
        for (folder, expected) in cases {
            assert_eq!(file_system_of(MOUNTS, Path::new(folder)), expected, "{folder}");
        }
    }

    #[test]
    fn network_and_fuse_file_systems_are_remote() {
        for remote in ["nfs", "nfs4", "cifs", "smb3", "fuse", "fuse.sshfs"] {
            assert!(is_remote(remote), "{remote}");
        }
        for local in ["ext4", "xfs", "btrfs", "tmpfs", "overlay"] {
            assert!(!is_remote(local), "{local}");
        }
    }
}
