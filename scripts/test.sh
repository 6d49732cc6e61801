#!/usr/bin/env bash
# Everything that must hold before a change lands; the first thing that does not ends it. Called by `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
flags=(--release --locked)

run() {
    printf '\n== %s\n' "$*"
    "$@"
}

run cargo fmt --all --check
run cargo clippy "${flags[@]}" --workspace --all-targets -- -D warnings
# The worker without AVIF, which nothing else builds: about a minute the first time.
run cargo check "${flags[@]}" --package photo-worker --no-default-features
# The tests of the whole path start these as processes.
run cargo build "${flags[@]}" --workspace --bins
run cargo test "${flags[@]}" --workspace
run env RUSTDOCFLAGS='-D warnings' cargo doc "${flags[@]}" --workspace --no-deps --document-private-items
run npm --prefix tests/browser run unit
# What the scaling policy itself must hold is longer to simulate: `make bench-scaling`.
run env PYTHONDONTWRITEBYTECODE=1 python3 -m unittest discover --quiet --buffer -s tests/scaling -t tests/scaling
# The main job on a real cluster of its own, never on that of KUBECONFIG: only `make e2e` asks for that. Its node is a
# network namespace with cgroups, which needs root.
if [ "$(id -u)" -eq 0 ]; then
    run scripts/images.sh "${CARGO_TARGET_DIR:-target}/$(rustc --print host-tuple)/release"
    run env -u KUBECONFIG tests/e2e/nodes the_quickstart_takes_a_photo
else
    echo 'make test: not run for want of root: the story on a cluster with nodes'
fi
printf '\nmake test: everything holds, in %d s\n' "$SECONDS"
