//! Values that the chart refuses, and what it says.

use std::fs;

use photo_chart::helm::Helm;

use crate::cases::values_of;

/// YAML of values, and what both versions of Helm say about it.
const REFUSED: [(&str, &str); 28] = [
    ("replica: 3", "additional properties 'replica' not allowed"),
    ("replicas: 0", "at '/replicas': minimum: got 0, want 1"),
    ("replicas: two", "at '/replicas': got string, want integer"),
    ("watchNamespaces: photos", "at '/watchNamespaces': got string, want array"),
    ("watchNamespaces: [a, a]", "at '/watchNamespaces': items at 0 and 1 are equal"),
    ("watchNamespaces: ['*']", "at '/watchNamespaces/0'"),
    ("fullnameOverride: Photos", "at '/fullnameOverride'"),
    ("images: {pullPolicy: always}", "at '/images/pullPolicy': value must be one of"),
    ("images: {pullSecrets: [registry]}", "at '/images/pullSecrets/0': got string, want object"),
    ("images: {operator: {name: x}}", "at '/images/operator': additional properties 'name' not allowed"),
    ("images: {operator: {tag: 1.2}}", "at '/images/operator/tag': got number, want string"),
    ("images: {redis: {digest: abc}}", "at '/images/redis/digest'"),
    ("images: {worker: {repository: ''}}", "at '/images/worker/repository'"),
    ("images: {minio: {repository: x}}", "additional properties 'minio' not allowed"),
    ("crds: {install: true}", "additional properties 'install' not allowed"),
    ("rbac: {create: 'yes'}", "at '/rbac/create': got string, want boolean"),
    ("serviceAccount: {create: false}", "at '/serviceAccount/name': minLength: got 0, want 1"),
    ("logging: {format: xml}", "at '/logging/format': value must be one of 'json', 'text'"),
    ("resources: {limits: {cpu: null}}", "at '/resources/limits': missing property 'cpu'"),
    ("resources: {limits: {memory: 1 GB}}", "at '/resources/limits/memory'"),
    ("podLabels: {app.kubernetes.io/name: x}", "invalid propertyName 'app.kubernetes.io/name'"),
    ("podLabels: {cost: 12}", "at '/podLabels/cost': got number, want string"),
    ("tolerations: [{key: a, operator: In}]", "at '/tolerations/0/operator': value must be one of"),
    ("affinity: {nodes: {}}", "additional properties 'nodes' not allowed"),
    ("networkPolicy: {apiServer: {ports: []}}", "at '/networkPolicy/apiServer/ports': minItems: got 0, want 1"),
    ("networkPolicy: {apiServer: {cidrs: [10.0.0.1]}}", "at '/networkPolicy/apiServer/cidrs/0'"),
    ("metrics: {serviceMonitor: {interval: 30}}", "at '/metrics/serviceMonitor/interval': got number, want string"),
    ("securityContext: {privileged: true}", "additional properties 'securityContext' not allowed"),
];

#[test]
fn wrong_values_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("values.yaml");
    for (values, message) in REFUSED {
        fs::write(&file, values).unwrap();
        for helm in Helm::BOTH {
            let said = match helm.template(&file, &[]) {
                Ok(_) => panic!("{helm:?} takes {values}"),
                Err(error) => error.to_string(),
            };
            assert!(said.contains(message), "{helm:?} says of {values}: {said}");
        }
    }
}

#[test]
fn a_chart_that_holds_this_one_may_say_what_helm_gives_it() {
    let values = ["--set", "global.region=eu", "--set", "enabled=true"];
    for helm in Helm::BOTH {
        helm.template(&values_of("cluster"), &values).unwrap();
    }
}

#[test]
fn an_older_kubernetes_is_refused() {
    for helm in Helm::BOTH {
        let error = helm.template(&values_of("cluster"), &["--kube-version", "1.32.9"]).unwrap_err().to_string();
        assert!(error.contains("chart requires kubeVersion: >=1.33.0-0"), "{helm:?}: {error}");
    }
}
