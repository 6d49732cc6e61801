//! Addresses, accounts and configuration of workloads.

use k8s_openapi::{
    api::core::v1::{ConfigMap, Service, ServiceAccount, ServicePort, ServiceSpec},
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};

use crate::{
    api::{self, ServiceType, StringMap},
    children::{ChildKind, Family, NotRendered, Rendered},
    names::Component,
    pod::Port,
};

/// The account of a component's pods. It may nothing, and no pod has its token.
///
/// # Errors
/// It can't be written.
pub fn service_account(family: &Family, component: Component) -> Result<Rendered, NotRendered> {
    let account = ServiceAccount { automount_service_account_token: Some(false), ..ServiceAccount::default() };
    family.child(component, ChildKind::ServiceAccount, component.of(family.name), &account)
}

/// The configuration of a component's pods.
///
/// # Errors
/// It can't be written.
pub fn config_map(family: &Family, component: Component, files: StringMap) -> Result<Rendered, NotRendered> {
    let map = ConfigMap { data: Some(files), ..ConfigMap::default() };
    family.child(component, ChildKind::ConfigMap, component.of(family.name), &map)
}

/// The address of a component: one, whichever of its ready pods answers. `outside` says how it is reached from outside of
/// the cluster.
///
/// # Errors
/// It can't be written.
pub fn stable_address(
    family: &Family,
    component: Component,
    port: Port,
    outside: Option<&api::Service>,
) -> Result<Rendered, NotRendered> {
    let inside = api::Service::default();
    let wanted = outside.unwrap_or(&inside);
    let annotations = (!wanted.annotations.is_empty()).then(|| wanted.annotations.clone());
    // The class means nothing to other types, and the API server refuses it there.
    let is_balanced = wanted.r#type == ServiceType::LoadBalancer;
    let service = Service {
        metadata: ObjectMeta { annotations, ..ObjectMeta::default() },
        spec: Some(ServiceSpec {
            type_: Some(wanted.r#type.as_str().to_owned()),
            load_balancer_class: wanted.load_balancer_class.clone().filter(|_| is_balanced),
            selector: Some(family.selector(component)),
            ports: Some(vec![service_port(port)]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    };
    family.child(component, ChildKind::Service, component.of(family.name), &service)
}

/// The addresses of a component's pods, ready or not: the operator and Prometheus ask those that are not ready, too. It
/// is never reached from outside of the cluster.
///
/// # Errors
/// It can't be written.
pub fn pods_address(family: &Family, component: Component, port: Port) -> Result<Rendered, NotRendered> {
    let service = Service {
        spec: Some(ServiceSpec {
            type_: Some(ServiceType::ClusterIP.as_str().to_owned()),
            cluster_ip: Some("None".to_owned()),
            publish_not_ready_addresses: Some(true),
            selector: Some(family.selector(component)),
            ports: Some(vec![service_port(port)]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    };
    family.child(component, ChildKind::Service, component.pods_of(family.name), &service)
}

fn service_port(port: Port) -> ServicePort {
    ServicePort {
        name: Some(port.name.to_owned()),
        port: port.number,
        protocol: Some("TCP".to_owned()),
        target_port: Some(IntOrString::String(port.name.to_owned())),
        ..ServicePort::default()
    }
}
