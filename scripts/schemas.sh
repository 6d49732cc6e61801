#!/usr/bin/env bash
# Validates manifests against the schemas of every Kubernetes that we support, unknown fields refused.
#     scripts/schemas.sh FILE.yaml...
# Kinds that are not Kubernetes' own have no schema there and are passed over.
set -euo pipefail
validate=$HOME/.cache/photo-platform/schemas/bin/kubernetes-validate
[ -x "$validate" ] || { echo "schemas: $validate is missing: run \`scripts/install.sh schemas\`" >&2; exit 1; }

for version in 1.33 1.34 1.35 1.36 1.37; do
    "$validate" --strict --quiet --no-warn --kubernetes-version "$version" "$@" ||
        { echo "schemas: Kubernetes $version refuses something" >&2; exit 1; }
done
echo "schemas: $# files are right for Kubernetes 1.33 to 1.37"
