# Images in the node, without an engine and without a registry.
# shellcheck shell=bash

images() { ctr --address "$socket" --namespace k8s.io "$@"; }

# Loads archives. Each image gets its digest as a second name, so that pods may ask for either.
load() {
  local archive reference digest
  [ -S "$socket" ] || fail "there is no node to load images into: \`$0 up\`"
  for archive in "$@"; do
    for reference in $(images images import "$archive" | sed -n 's/^unpacking \([^ ]*\) (\(sha256:[0-9a-f]*\)).*/\1@\2/p'); do
      digest=${reference#*@} reference=${reference%@*}
      images images tag --force "$reference" "${reference%:*}@$digest" >/dev/null
      echo "$reference@$digest"
    done
  done
}

# image NAME PROGRAM: the program is the only file, and what the container runs. Made once per program.
image() {
  local archive storage container program=/${2##*/} full=$1
  [[ ${1%%/*} == *[.:]* || ${1%%/*} == localhost ]] || full=docker.io/$1
  archive=$cache/images/$(echo "$full" | tr '/:' '__').tar
  if [ ! -e "$archive" ] || [ "$2" -nt "$archive" ]; then
    mkdir -p "$cache/images"
    storage=$(mktemp -d)
    buildah_here() { buildah --root "$storage/root" --runroot "$storage/run" --storage-driver vfs "$@"; }
    container=$(buildah_here from scratch)
    buildah_here copy -q "$container" "$2" "$program" >/dev/null
    buildah_here config --entrypoint "[\"$program\"]" --user 65532:65532 "$container"
    buildah_here commit -q --timestamp 0 "$container" "$full" >/dev/null
    buildah_here push -q "$full" "oci-archive:$storage/archive.tar:$full"
    mv -f "$storage/archive.tar" "$archive"
    rm -rf "$storage"
  fi
  load "$archive"
}
