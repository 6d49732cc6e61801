#!/usr/bin/env bash
# bench-scaling.sh PROGRAM FOLDER: tests the simulator, checks the properties of the policy PROGRAM, and compares it with others.
# Drawings and the table of every trace go into FOLDER. A goal that is missed is printed; a run that fails ends it.
set -euo pipefail
program=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
cd "$(dirname "$0")/../tests/scaling"
export PYTHONDONTWRITEBYTECODE=1

SCALING_POLICY="$program" python3 -m unittest discover --quiet --buffer -s . -t .
python3 -m simulator run --policy "$program" --jobs "${SCALING_JOBS:-$(nproc)}" --plots "$folder" --markdown "$folder/traces.md"
python3 -m simulator properties --policy "$program" --cases 1000
echo "drawings and a table of each trace: $folder"
