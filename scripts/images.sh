#!/usr/bin/env bash
# Makes image archives (OCI) without a container engine: the last stage of each Dockerfile, from programs that are built.
#     scripts/images.sh FOLDER_OF_PROGRAMS [gateway|worker|operator|redis|object-store...]
# They are in ~/.cache/photo-platform/images. Prints NAME:TAG@DIGEST of each; a commit's same programs
# give the same digest.
set -euo pipefail
cd "$(dirname "$0")/.."

programs=${1:?the folder of the programs is missing}
shift
archives=$HOME/.cache/photo-platform/images
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
# Storage of our own, gone afterwards: nothing of it is wanted but the archives.
storage=$(mktemp -d)
trap 'rm -rf "$storage"' EXIT

fail() {
    printf 'images: %s\n' "$1" >&2
    exit 1
}

engine() {
    buildah --root "$storage/root" --runroot "$storage/run" --storage-driver vfs "$@"
}

# Whether the file needs no other to run.
is_static() {
    ! readelf --program-headers "$1" | grep -q INTERP
}

# collect IMAGE: fills $out with what the Dockerfile's stage `build` would hold in /out
collect() {
    local program
    case "$1" in
        redis)
            images/redis/collect "$out"
            return
            ;;
        object-store) program=${MINIO_BIN:-$HOME/.cache/photo-platform/bin/minio} ;;
        *) program=$programs/photo-$1 ;;
    esac
    [ -x "$program" ] || fail "$program is missing: run \`make images\`"
    is_static "$program" || fail "$program is not static: build it without RUSTFLAGS"
    install -D -t "$out" "$program"
    install -D -m 644 -t "$out/etc/ssl/certs" /etc/ssl/certs/ca-certificates.crt
    # Its font asks to be accompanied by its licence.
    [ "$1" != worker ] || install -D -m 644 crates/stages/fonts/LICENSE "$out/licenses/DejaVuSans"
}

make_image() {
    local name=docker.io/photo-platform/$1:$version out=$storage/$1/out
    mkdir -p "$out"
    collect "$1"
    engine build --quiet --isolation chroot --timestamp 0 --format oci --file "images/$1/Dockerfile" \
        --build-context "build=$storage/$1" --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
        --tag "$name" images >/dev/null
    engine push --quiet --digestfile "$storage/digest" "$name" "oci-archive:$storage/archive:$name"
    mkdir -p "$archives"
    mv -f "$storage/archive" "$archives/$1.tar"
    echo "photo-platform/$1:$version@$(cat "$storage/digest")"
}

if [ $# -eq 0 ]; then
    set -- gateway worker redis object-store
    if [ -f operator/src/main.rs ]; then set -- operator "$@"; fi
fi
for image in "$@"; do
    [ -f "images/$image/Dockerfile" ] || fail "there is no image \`$image\`"
    make_image "$image"
done
