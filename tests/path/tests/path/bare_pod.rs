//! What a pod gives that gives the least: a root file system that nobody may write to, an arbitrary user without any
//! rights, and one volume for the roles that keep something.

use std::process::Command;

use photo_stack::{Stack, StackOptions};

use crate::scene::{Caller, LIMIT, small_jpeg};

/// Run as root in a mount namespace of its own, in the folder of the stack. What follows it becomes the role.
const POD: &str = r#"
set -e
chmod 755 .
for volume in "${SPOOL_DIR:-}" "$([ -z "${SQLITE_PATH:-}" ] || dirname "$SQLITE_PATH")"; do
  [ -z "$volume" ] || { chmod 777 "$volume"; mount --bind "$volume" "$volume"; }
done
mount -o remount,bind,ro /
for folder in /tmp /dev/shm; do
  if mountpoint --quiet "$folder"; then mount -o remount,bind,ro "$folder"; fi
done
exec setpriv --reuid 23456 --regid 23456 --clear-groups --no-new-privs --bounding-set -all --inh-caps -all \
  --pdeathsig KILL -- "$@"
"#;

fn wrapper() -> Vec<String> {
    ["unshare", "--mount", "--propagation", "private", "sh", "-c", POD, "sh"].map(str::to_owned).into()
}

/// Whether this machine lets a test make such a pod: only root may.
fn is_possible() -> bool {
    let words = wrapper();
    let mut probe = Command::new(&words[0]);
    probe.args(&words[1..]).args(["sh", "-c", "test $(id -u) = 23456 && ! touch here 2>/dev/null"]);
    let place = tempfile::tempdir().unwrap();
    probe.current_dir(place.path()).env_remove("SPOOL_DIR").env_remove("SQLITE_PATH");
    probe.output().is_ok_and(|output| output.status.success())
}

#[tokio::test]
async fn every_role_works_with_nothing_to_write_to_but_its_volume() {
    if !is_possible() {
        return;
    }
    let stack = Stack::start(&StackOptions { wrapper: wrapper(), ..StackOptions::default() }).await.unwrap();
    for role in [&stack.api, &stack.storage, &stack.events, &stack.workers[0]] {
        let status = std::fs::read_to_string(format!("/proc/{}/status", role.process().unwrap().pid())).unwrap();
        assert!(status.contains("Uid:\t23456\t23456") && status.contains("CapEff:\t0000000000000000"), "{status}");
    }
    let caller = Caller::new(&stack, "alice");
    let photo = caller.accepted("a.jpg", &small_jpeg(1)).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
    for role in [&stack.workers[0], &stack.api, &stack.events, &stack.storage] {
        let status = role.terminate(LIMIT).await.unwrap();
        assert_eq!(status.code(), Some(0), "{}: {}", role.name(), role.process().unwrap().log_tail(20));
    }
}
