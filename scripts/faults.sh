#!/usr/bin/env bash
# Starts `faults`, beside a second build of what `clocks` needs: a library that is loaded before a program can't reach a
# static one, so the same roles and worker are linked dynamically. Called by `make faults` with the folder of the
# programs and what `faults` is to be told.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
shift

needs_clocks=true
if [[ " $* " == *" --only"* && " $* " != *clocks* ]]; then
    needs_clocks=false
fi
if ! $needs_clocks; then
    exec "$programs/faults" "$@"
fi
# A folder of its own: these programs are for this only, and what ships stays static.
built=$(dirname "$(dirname "$programs")")/dynamic
RUSTFLAGS='-C target-feature=-crt-static' cargo build --release --locked --package photo-gateway --package photo-worker \
    --target-dir "$built"
gateway=$(find "$built" -path '*/release/photo-gateway' -type f | head -1)
exec "$programs/faults" --dynamic "$(dirname "$gateway")" "$@"
