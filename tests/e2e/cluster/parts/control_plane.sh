# etcd, API server, controllers, scheduler.
# shellcheck shell=bash

node=node0
node_ip=10.99.0.1
service_cidr=10.96.0.0/16
kubernetes_ip=10.96.0.1
dns_ip=10.96.0.10
pod_cidr=10.244.0.0/16

# On sockets in its folder: nobody else may have the port. Nothing is synced, because no data outlives the cluster.
start_etcd() {
  # They are files of these names; etcd wants a port to be in them.
  start etcd etcd --data-dir etcd-data --log-level warn --unsafe-no-fsync \
    --listen-client-urls unix://etcd:0 --advertise-client-urls unix://etcd:0 --listen-peer-urls unix://etcd-peers:0
  await 20 etcd test -S "$data/etcd:0"
}

# start_apiserver OPTIONS...: with those that both kinds of cluster have.
start_apiserver() {
  local audit_options=()
  # Unless told, the log is cut at 100 MB.
  [ -z "${audit:-}" ] || audit_options=(--audit-policy-file "$here/manifests/audit-policy.yaml"
    --audit-log-path log/audit.jsonl --audit-log-maxsize 100000)
  start apiserver kube-apiserver --etcd-servers unix://etcd:0 --cert-dir pki --service-cluster-ip-range $service_cidr \
    --client-ca-file pki/ca.crt --tls-cert-file pki/apiserver.crt --tls-private-key-file pki/apiserver.key \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file pki/service-accounts.key \
    --service-account-signing-key-file pki/service-accounts.key "${audit_options[@]}" "$@"
}

# start_controllers OPTIONS...
start_controllers() {
  start controllers kube-controller-manager --kubeconfig controllers.kubeconfig --leader-elect=false \
    --use-service-account-credentials --service-account-private-key-file pki/service-accounts.key \
    --root-ca-file pki/ca.crt "$@"
}

control_plane() {
  start_etcd
  start_apiserver --advertise-address $node_ip --allow-privileged --authorization-mode Node,RBAC \
    --enable-admission-plugins NodeRestriction --kubelet-preferred-address-types InternalIP \
    --kubelet-client-certificate pki/to-kubelet.crt --kubelet-client-key pki/to-kubelet.key \
    --kubelet-certificate-authority pki/ca.crt \
    --proxy-client-cert-file pki/front-proxy.crt --proxy-client-key-file pki/front-proxy.key \
    --requestheader-client-ca-file pki/ca.crt --requestheader-allowed-names front-proxy \
    --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group \
    --requestheader-extra-headers-prefix X-Remote-Extra-
  await 60 apiserver inside kubectl get --raw /readyz
  start_controllers --allocate-node-cidrs --cluster-cidr $pod_cidr
  start scheduler kube-scheduler --kubeconfig scheduler.kubeconfig --leader-elect=false
}
