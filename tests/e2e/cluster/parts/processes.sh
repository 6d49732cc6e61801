# Starting, awaiting and ending processes.
# shellcheck shell=bash

fail() {
  printf 'cluster: %s\n' "$1" >&2
  exit 1
}

inside() { nsenter --net="/run/netns/$name" "$@"; }

# start NAME COMMAND...: in the background, in the cluster's namespace and cgroup where it has them; keeps pid and log.
# It has a session of its own: an interrupt at the terminal is for whoever started the cluster.
start() {
  local process=$1 enter=()
  shift
  [ ! -e "/run/netns/$name" ] || enter=(nsenter --net="/run/netns/$name")
  (
    cd "$data"
    join_cgroup
    exec setsid "${enter[@]}" "$@"
  ) >"$data/log/$process.log" 2>&1 </dev/null &
  echo $! >"$data/run/$process.pid"
}

# Whether the process of that name is there. Its folder tells it from another one that got its number since.
runs() {
  local pid
  pid=$(cat "$data/run/$1.pid" 2>/dev/null) && [ "$(readlink "/proc/$pid/cwd")" = "$data" ]
}

# await SECONDS PROCESS COMMAND...: until the command succeeds, as long as the process that it asks is there.
await() {
  local end=$((SECONDS + $1)) process=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ -n "$process" ] && ! runs "$process"; then
      tail -n 5 "$data/log/$process.log" >&2
      echo "cluster: $process ended" >&2
      return 1
    fi
    [ $SECONDS -lt "$end" ] || { echo "cluster: gave up waiting for: $*" >&2 && return 1; }
    sleep 0.1
  done
}

# end_with PID COMMAND: runs this script's command when that process has ended, whatever ended it.
end_with() {
  kill -0 "$1" 2>/dev/null || fail "--while $1: there is no such process"
  (
    # Not in the cluster's folder and cgroup: it survives what it ends.
    cd "$state"
    export CLUSTER_DIR=$state
    exec setsid bash -c 'tail --pid="$1" -f /dev/null; exec "$2" "$3"' end "$1" "$here/cluster" "$2"
  ) >/dev/null 2>&1 </dev/null &
  echo $! >"$data/run/end_with.pid"
}

# Whoever ends the cluster itself needs nobody to do it later.
end_nobody_later() {
  local pid
  pid=$(cat "$data/run/end_with.pid" 2>/dev/null) || return 0
  [ "$pid" != $$ ] && [ "$(readlink "/proc/$pid/cwd")" = "$state" ] || return 0
  kill -9 -- "-$pid" 2>/dev/null || true
}

# At once: nothing of a cluster that ends needs to be kept.
end() {
  while runs "$1"; do
    kill -9 "$(cat "$data/run/$1.pid")" 2>/dev/null || true
    sleep 0.02
  done
}
