#!/usr/bin/env bash
# A harness that reports nothing proves nothing. Each guard of the platform is taken away in turn, in a build that is for
# this only, and `faults` has to report a loss (exit 3). Called by `make faults-selftest` with the folder of the programs.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$1
# A folder of its own: no program without guards ever lies where those that ship do.
built=$(dirname "$(dirname "$programs")")/sabotage
cargo build --release --locked --package photo-gateway --features sabotage --target-dir "$built"
folder=$(mktemp -d "${TMPDIR:-/tmp}/photo-sabotage.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cp "$programs/photo-worker" "$programs/faults-audit" "$folder"
cp "$(find "$built" -path '*/release/photo-gateway' -type f | head -1)" "$folder"

reported=0
while read -r guard scenario; do
    code=0
    PHOTO_BIN_DIR=$folder SABOTAGE=$guard "$programs/faults" --only "$scenario" --patience 30 --seed 1 \
        >"$folder/told" 2>&1 </dev/null || code=$?
    if [ "$code" -eq 3 ]; then
        reported=$((reported + 1))
        printf 'without %s, %s reports:\n' "$guard" "$scenario"
        grep '^figure .* goal =0$' "$folder/told" | grep -v ' 0 found ' | sed 's/^figure /  /'
    else
        printf 'without %s, %s reports nothing (exit %d):\n' "$guard" "$scenario" "$code"
        tail -20 "$folder/told"
    fi
done <<'GUARDS'
compare-and-set duplicates
outbox failing-disk
condemned-keys late-accept
durability syncs
GUARDS
printf 'figure selftest_reported %d guards goal =4\n' "$reported"
[ "$reported" -eq 4 ]
