# The node: network, containerd, kubelet, kube-proxy, CoreDNS; and the end of it all.
# shellcheck shell=bash

socket=$data/containerd.sock
# What pods may have together: that of the smallest node that we promise to fit.
cpus=${CLUSTER_CPUS:-2}
memory_mib=${CLUSTER_MEMORY_MIB:-4096}
eviction_mib=100

node_requirements() {
  local program
  [ "$(uname -s)" = Linux ] || fail "a node needs Linux; \`$0 api\` or a cluster of your own (KUBECONFIG) need not"
  [ "$(id -u)" -eq 0 ] || fail "a node needs root; \`$0 api\` does not"
  for program in containerd runc buildah ip nft conntrack openssl iptables /usr/lib/cni/bridge; do
    command -v "$program" >/dev/null || fail "$program is missing: run scripts/install.sh cluster"
  done
}

network() {
  ip netns add "$name"
  inside ip link set lo up
  # A bridge without ports carries the node's address: not every kernel has the device type `dummy`.
  inside ip link add uplink type bridge
  inside ip address add "$node_ip/24" dev uplink
  inside ip link set uplink up
  inside ip route add default dev uplink
  inside sysctl -qw net.ipv4.ip_forward=1
}

containerd_configuration() {
  mkdir -p "$data/cni"
  cat >"$data/containerd.toml" <<TOML
version = 2
root = "$data/containerd"
state = "$data/containerd-run"
[grpc]
  address = "$socket"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true # the machine may lack CAP_SYS_RESOURCE
  sandbox_image = "localhost/pause:1"
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$data/cni"
TOML
  cat >"$data/cni/10-bridge.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "$name", "plugins": [
  {"type": "bridge", "bridge": "pods0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$data/ipam", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
}

# What the kubelet keeps from pods: all but what they may have. On a smaller machine nothing, and a word about it.
reserved() {
  local cpu_milli memory_kib
  cpu_milli=$((($(nproc --all) - cpus) * 1000))
  memory_kib=$(($(awk '/^MemTotal:/ { print $2 }' /proc/meminfo) - (memory_mib + eviction_mib) * 1024))
  if [ $cpu_milli -lt 0 ] || [ $memory_kib -lt 0 ]; then
    echo "cluster: this machine is smaller than $cpus processors and $memory_mib MiB for pods" >&2
  fi
  echo "{cpu: $((cpu_milli > 0 ? cpu_milli : 0))m, memory: $((memory_kib > 0 ? memory_kib : 0))Ki}"
}

kubelet_configuration() {
  echo "nameserver $node_ip" >"$data/resolv.conf"
  cat >"$data/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {x509: {clientCAFile: $data/pki/ca.crt}, anonymous: {enabled: false}, webhook: {enabled: true}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /$name
failCgroupV1: false
failSwapOn: false
systemReserved: $(reserved)
clusterDNS: [$dns_ip]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://$socket
podLogsDir: $data/pod-logs
tlsCertFile: $data/pki/kubelet.crt
tlsPrivateKeyFile: $data/pki/kubelet.key
resolvConf: $data/resolv.conf
evictionHard: {nodefs.available: 1%, imagefs.available: 1%, memory.available: ${eviction_mib}Mi}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
maxPods: 200
YAML
}

proxy_configuration() {
  cat >"$data/proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clusterCIDR: $pod_cidr
hostnameOverride: $node
clientConnection: {kubeconfig: $data/proxy.kubeconfig}
conntrack: {maxPerCore: 0}
YAML
}

node() {
  containerd_configuration
  kubelet_configuration
  proxy_configuration
  start containerd containerd --config "$data/containerd.toml"
  await 30 containerd images version
  image localhost/pause:1 "$bin/pause" >/dev/null
  image localhost/coredns:1 "$bin/coredns" >/dev/null
  start kubelet kubelet --config "$data/kubelet.yaml" --kubeconfig "$data/kubelet.kubeconfig" \
    --hostname-override $node --node-ip $node_ip --root-dir "$data/kubelet"
  start proxy kube-proxy --config "$data/proxy.yaml"
}

addons() {
  volumes
  sed "s/@DNS_IP@/$dns_ip/" "$here/manifests/addons.yaml" | inside kubectl apply -f - >/dev/null
  await 60 kubelet inside kubectl wait --for=condition=Ready node/$node --timeout=1s
  inside kubectl -n kube-system rollout status deployment/coredns --timeout=60s >/dev/null
}

metrics() {
  build_metrics_server
  image localhost/metrics-server:1 "$bin/metrics-server" >/dev/null
  inside kubectl apply -f "$here/manifests/metrics.yaml" >/dev/null
  await 90 '' inside kubectl top node $node
}

# What the node's programs wrote outside of the cluster's folder. Containers are known by their folders of containerd.
remove_traces() {
  local container folder plugins=/var/lib/kubelet/device-plugins
  for folder in "$data"/containerd-run/io.containerd.runtime.v2.task/k8s.io/*/; do
    container=$(basename "$folder")
    rm -rf "/run/containerd/runc/k8s.io/${container:?}" /var/lib/cni/results/*-"$container"-*
    [ ! -e "$folder/address" ] || rm -f "$(sed 's|^unix://||' "$folder/address")"
  done
  find /var/log/containers -lname "$data/*" -delete 2>/dev/null || true
  # Every kubelet has this one in the same place; it is dead where nobody listens.
  [ -n "$(ss -xlH src "$plugins/kubelet.sock")" ] || rm -f "$plugins/kubelet.sock"
  # As far as they are empty.
  rmdir -p $plugins /var/log/containers /var/lib/cni/results /run/containerd/runc/k8s.io /run/containerd/s 2>/dev/null || true
}

down() {
  local mounted
  [ -d "$data" ] || return 0
  members >/dev/null || { api_down && return; }
  end_nobody_later
  end_members
  awk -v folder="$data/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mounted; do umount "$mounted"; done
  ip netns delete "$name" 2>/dev/null || true
  remove_cgroups
  remove_traces
  rm -rf "$data"
  rmdir "$state" 2>/dev/null || true
}
