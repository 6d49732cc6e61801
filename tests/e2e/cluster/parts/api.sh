# The API server layer: etcd and kube-apiserver on loopback. Many may run at once, and nobody needs to be root.
# shellcheck shell=bash

# A port below those that the kernel gives to clients, and at which nobody answers now.
free_port() {
  local candidate
  for _ in $(seq 50); do
    candidate=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null || { echo "$candidate" && return; }
  done
  fail "no free port was found"
}

# Another process may take the port before the API server does: then the next one is tried.
apiserver_on_loopback() {
  local chosen
  for _ in $(seq 5); do
    chosen=${port:-$(free_port)}
    kubeconfig admin "https://127.0.0.1:$chosen"
    start_apiserver --bind-address 127.0.0.1 --secure-port "$chosen" --advertise-address 127.0.0.1 \
      --endpoint-reconciler-type none --authorization-mode RBAC
    await 60 apiserver kubectl get --raw /readyz && return
    { [ -z "$port" ] && grep -q 'address already in use' "$data/log/apiserver.log"; } || break
  done
  fail "the API server did not start; its words are in $data/log/apiserver.log"
}

api() {
  local audit='' controllers='' port='' while=''
  options '--audit --controllers --port --while' "$@"
  build_kubernetes
  claim
  [ -z "$while" ] || end_with "$while" api-down
  api_identities
  start_etcd
  apiserver_on_loopback
  if [ -n "$controllers" ]; then
    kubeconfig controllers "$(kubectl config view -o jsonpath='{.clusters[0].cluster.server}')"
    # Nobody waits for the controllers' own limits, which are made for clusters with more to do.
    start_controllers --controllers "$controllers" --secure-port 0 --kube-api-qps 500 --kube-api-burst 1000
  fi
  echo "KUBECONFIG=$KUBECONFIG"
  [ -z "$audit" ] || echo "AUDIT_LOG=$data/log/audit.jsonl"
}

api_down() {
  local process
  [ -d "$data" ] || return 0
  [ ! -e "/run/netns/$name" ] || fail "this cluster has a node: \`$0 down\`"
  end_nobody_later
  for process in controllers apiserver etcd; do end $process; done
  rm -rf "$data"
  rmdir "$state" 2>/dev/null || true
}
