#!/usr/bin/env bash
# Holds what the operator makes of the samples, what the chart makes, and the Dockerfiles against checkov's rules, and
# prints how many are broken. What is skipped is listed with its reason.
set -euo pipefail
cd "$(dirname "$0")/.."
checkov=$HOME/.cache/photo-platform/checkov/bin/checkov
[ -x "$checkov" ] || { echo "checkov: $checkov is missing: run \`scripts/install.sh checkov\`" >&2; exit 1; }
broken=0

# judge FRAMEWORK FOLDER [RULE REASON]...: RULEs are skipped there.
judge() {
    local framework=$1 folder=$2 skipped=() told failed
    shift 2
    while [ $# -gt 0 ]; do
        echo "checkov: $folder: $1 is skipped: $2"
        skipped+=(--skip-check "$1")
        shift 2
    done
    told=$("$checkov" --directory "$folder" --framework "$framework" "${skipped[@]}" --compact --quiet --soft-fail --skip-download \
        --output json)
    failed=$(jq '[.. | objects | .summary? // empty | .failed] | add // 0' <<<"$told")
    jq -r '.. | objects | .failed_checks? // empty | .[] | "\(.check_id) \(.check_name): \(.file_path)"' <<<"$told"
    broken=$((broken + failed))
}

pulling=(CKV_K8S_15 'the images have digests: what is there already is what would be pulled')
judge kubernetes operator/tests/golden "${pulling[@]}" \
    CKV_K8S_11 'a limit of CPU slows a pod down while the node is idle; memory is limited' \
    CKV_K8S_40 'where the cluster assigns users, as OpenShift does, it refuses another; elsewhere 65532 is set'
judge kubernetes charts/photo-platform-operator/tests/golden "${pulling[@]}" \
    CKV_K8S_38 'the operator is a client of the API server' \
    CKV_K8S_40 'the image says 65532; a cluster that assigns users refuses another' \
    CKV_K8S_43 'the chart takes digests (`images.operator.digest`); which one is known when images are published'
judge dockerfile images CKV_DOCKER_2 'Kubernetes asks by its own probes and ignores HEALTHCHECK'

echo "figure checkov_failed $broken checks goal =0"
[ "$broken" -eq 0 ]
