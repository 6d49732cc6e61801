# A cgroup for each cluster: what its pods may have together, and who belongs to it.
# shellcheck shell=bash

# Where the machine's cgroups are mounted: one folder of version 2, or one for each controller of version 1.
cgroup_folders() {
  local ones
  ones=$(awk '$3 == "cgroup" { print $2 }' /proc/mounts)
  if [ -n "$ones" ]; then echo "$ones"; else awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts; fi
}

# Processes are listed in one of them, in a leaf: version 2 lets no process be where there are cgroups below.
members() {
  local folder
  for folder in $(cgroup_folders); do
    [ ! -e "$folder/$name/system/cgroup.procs" ] || { echo "$folder/$name" && return; }
  done
  return 1
}

make_cgroups() {
  local folder file
  for folder in $(cgroup_folders); do
    mkdir -p "$folder/$name/system"
    # Version 1: a cgroup without processors and memory nodes takes no process.
    for file in cpuset.cpus cpuset.mems; do
      [ ! -e "$folder/$file" ] || [ -e "$folder/cgroup.controllers" ] || tee "$folder/$name/$file" "$folder/$name/system/$file" <"$folder/$file" >/dev/null
    done
    # Version 2: what the kubelet may bound below.
    [ ! -e "$folder/cgroup.controllers" ] ||
      sed 's/^/+/; s/ / +/g' "$folder/cgroup.controllers" | tee "$folder/cgroup.subtree_control" >"$folder/$name/cgroup.subtree_control"
  done
}

# The calling process, and all that it starts, belongs to the cluster.
join_cgroup() {
  local folder
  folder=$(members) || return 0
  echo "$BASHPID" >"$folder/system/cgroup.procs"
}

# Ends every process of the cluster, those of its pods too, and only those.
end_members() {
  local folder pids end=$((SECONDS + 20))
  folder=$(members) || return 0
  while pids=$(find "$folder" -name cgroup.procs -exec cat {} + 2>/dev/null) && [ -n "$pids" ]; do
    [ $SECONDS -lt $end ] || fail "these processes do not end: $(echo "$pids" | tr '\n' ' ')"
    # shellcheck disable=SC2086
    kill -9 $pids 2>/dev/null || true
    sleep 0.1
  done
}

# A machine with version 1 may have an empty version 2 beside it, where runc and the kubelet make folders too.
remove_cgroups() {
  local folder
  for folder in $(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts); do
    [ ! -d "$folder/$name" ] || find "$folder/$name" -depth -type d -exec rmdir {} +
  done
}
