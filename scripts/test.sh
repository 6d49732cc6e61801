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
# The tests of the whole path start these as processes.
run cargo build "${flags[@]}" --workspace --bins
run cargo test "${flags[@]}" --workspace
run env RUSTDOCFLAGS='-D warnings' cargo doc "${flags[@]}" --workspace --no-deps --document-private-items
run npm --prefix tests/browser run unit
printf '\nmake test: everything holds, in %d s\n' "$SECONDS"
