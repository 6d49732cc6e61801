# Keys, certificates and the kubeconfigs that hold them.
# shellcheck shell=bash

# certificate NAME SUBJECT ALTERNATIVE_NAMES
certificate() {
  local key=$data/pki/$1
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$key.key" -out "$key.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$key.csr" -CA "$data/pki/ca.crt" -CAkey "$data/pki/ca.key" -CAcreateserial -days 30 -out "$key.crt" \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth' "$3") 2>/dev/null
}

# kubeconfig NAME SERVER: for the certificate of that name, with everything in it.
kubeconfig() {
  cat >"$data/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: cluster
clusters: [{name: cluster, cluster: {server: "$2", certificate-authority-data: $(base64 -w0 "$data/pki/ca.crt")}}]
users: [{name: user, user: {client-certificate-data: $(base64 -w0 "$data/pki/$1.crt"), client-key-data: $(base64 -w0 "$data/pki/$1.key")}}]
contexts: [{name: cluster, context: {cluster: cluster, user: user}}]
YAML
  chmod 600 "$data/$1.kubeconfig"
}

authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$data/pki/ca.key" -out "$data/pki/ca.crt" \
    -subj /CN=cluster-ca -days 30 2>/dev/null
  openssl ecparam -name prime256v1 -genkey -noout -out "$data/pki/service-accounts.key"
  certificate admin /O=system:masters/CN=admin DNS:admin
  certificate controllers /CN=system:kube-controller-manager DNS:controllers
}

api_identities() {
  authority
  certificate apiserver /CN=kube-apiserver DNS:localhost,IP:127.0.0.1
}

node_identities() {
  local identity services=kubernetes.default.svc
  authority
  certificate apiserver /CN=kube-apiserver "DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:$services,DNS:$services.cluster.local,IP:127.0.0.1,IP:$node_ip,IP:$kubernetes_ip"
  certificate to-kubelet /O=system:masters/CN=apiserver-kubelet-client DNS:to-kubelet
  certificate front-proxy /CN=front-proxy DNS:front-proxy
  certificate scheduler /CN=system:kube-scheduler DNS:scheduler
  certificate proxy /CN=system:kube-proxy DNS:proxy
  certificate kubelet "/O=system:nodes/CN=system:node:$node" "DNS:$node,IP:$node_ip"
  for identity in admin controllers scheduler proxy kubelet; do kubeconfig "$identity" "https://$node_ip:6443"; done
}
