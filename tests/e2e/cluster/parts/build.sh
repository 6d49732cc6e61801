# The programs, compiled from Go modules once per version.
# shellcheck shell=bash

kubernetes_version=v1.34.4
coredns_version=v1.15.0
metrics_server_version=v0.9.0
export CGO_ENABLED=0 # static: in an image a program is alone

# built PROGRAM STAMP: whether it is there, made of what the stamp says.
built() { [ -x "$bin/$1" ] && [ "$(cat "$bin/.$1.stamp" 2>/dev/null)" = "$2" ]; }

# program NAME STAMP COMMAND...: has the command make $GOBIN/NAME, unless that was done.
program() (
  built "$1" "$2" && return
  command -v go >/dev/null || fail "Go 1.25 or newer is missing to build $1"
  mkdir -p "$bin"
  exec 8>"$bin/.lock"
  flock 8
  built "$1" "$2" && return
  echo "cluster: building $1 (minutes, once)" >&2
  GOBIN=$(mktemp -d "$bin/.new.XXXXXX")
  export GOBIN
  trap 'rm -rf "$GOBIN"' EXIT
  "${@:3}" >&2
  # A program that runs keeps the file that it was started from.
  mv -f "$GOBIN/$1" "$bin/$1"
  echo "$2" >"$bin/.$1.stamp"
)

compile_kubernetes() {
  local stamp=k8s.io/component-base/version
  cd "$here/programs"
  go build -o "$GOBIN/hyperkube" -ldflags "-s -w -X $stamp.gitVersion=$kubernetes_version -X $stamp.gitMajor=1 \
    -X $stamp.gitMinor=34 -X $stamp.gitCommit=modules -X $stamp.gitTreeState=clean" .
}

compile_pause() {
  cd "$here/programs"
  go build -o "$GOBIN/pause" -ldflags '-s -w' ./pause
}

# One program under seven names: etcd, the parts of Kubernetes, kubectl.
build_kubernetes() {
  local part
  program hyperkube "$kubernetes_version $(cat "$here"/programs/{main.go,go.mod,go.sum} | cksum)" compile_kubernetes
  for part in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
    [ -L "$bin/$part" ] || ln -sfn hyperkube "$bin/$part"
  done
}

build_node() {
  build_kubernetes
  program pause "$(cksum <"$here/programs/pause/main.go")" compile_pause
  program coredns $coredns_version go install -ldflags '-s -w' "github.com/coredns/coredns@$coredns_version"
}

build_metrics_server() {
  program metrics-server $metrics_server_version \
    go install -ldflags '-s -w' "sigs.k8s.io/metrics-server/cmd/metrics-server@$metrics_server_version"
}

build() {
  case ${1:-node} in
    api) build_kubernetes ;;
    node) build_node ;;
    all) build_node && build_metrics_server ;;
    *) fail "there is nothing called \`$1\` to build" ;;
  esac
}
