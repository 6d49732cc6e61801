# Local volumes, made beforehand: unlike hostPath they honour fsGroup, so that pods without root can write.
# Class `standard`: folders; their sizes are words only. Class `bounded`: file systems that do get full.
# shellcheck shell=bash

# As many as twenty platforms claim, since a volume is not used twice: a claim takes the smallest that is large enough.
standard_volumes=()
for size in 1Gi 5Gi 10Gi 20Gi 50Gi 100Gi; do
  for _ in {1..20}; do standard_volumes+=("$size"); done
done
bounded_volumes=(64Mi 64Mi 256Mi 256Mi)

# volume NAME CLASS SIZE: its object
volume() {
  cat <<YAML
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: $1}
spec:
  capacity: {storage: $3}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: $2
  local: {path: $data/volumes/$1}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [$node]}]}]}}
YAML
}

# Makes what is missing; a volume that no claim has any more is emptied and made anew.
volumes() {
  local volume objects
  for volume in $(inside kubectl get persistentvolumes -o jsonpath='{range .items[?(@.status.phase=="Released")]}{.metadata.name} {end}'); do
    inside kubectl delete persistentvolume "$volume" >/dev/null
    umount "$data/volumes/$volume" 2>/dev/null || true
    rm -rf "$data/volumes/${volume:?}"
  done
  objects=$(missing_volumes)
  [ -z "$objects" ] || inside kubectl apply -f - <<<"$objects" >/dev/null
}

# Makes the folders that are missing, and says the objects of theirs.
missing_volumes() {
  local index class size volume
  for class in standard bounded; do
    local -n sizes=${class}_volumes
    for index in "${!sizes[@]}"; do
      size=${sizes[$index]}
      volume=$class-$((index + 1))
      [ ! -d "$data/volumes/$volume" ] || continue
      mkdir -p "$data/volumes/$volume"
      [ $class = standard ] || mount -t tmpfs -o "mode=0755,size=${size%i}" "$volume" "$data/volumes/$volume"
      volume "$volume" $class "$size"
    done
  done
}

# expand NAMESPACE CLAIM: what a volume's driver does after a claim asks for more. No driver of local volumes does it.
expand() {
  local volume size
  read -r volume size < <(inside kubectl -n "$1" get persistentvolumeclaim "$2" \
    -o jsonpath='{.spec.volumeName} {.spec.resources.requests.storage}{"\n"}')
  [ -n "$size" ] || fail "the claim $1/$2 has no volume yet"
  [[ $volume != bounded-* ]] || mount -o "remount,size=${size%i}" "$data/volumes/$volume"
  inside kubectl patch persistentvolume "$volume" --type merge -p "{\"spec\": {\"capacity\": {\"storage\": \"$size\"}}}" >/dev/null
  inside kubectl -n "$1" patch persistentvolumeclaim "$2" --subresource status --type merge \
    -p "{\"status\": {\"capacity\": {\"storage\": \"$size\"}}}" >/dev/null
}
