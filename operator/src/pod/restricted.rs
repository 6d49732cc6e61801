//! The Pod Security standard `restricted`, of Kubernetes 1.37
//! (kubernetes.io/docs/concepts/security/pod-security-standards), as far as it is about fields that can be set.

use k8s_openapi::api::core::v1::{
    Container, PodSecurityContext, PodSpec, PodTemplateSpec, SeccompProfile, SecurityContext,
};

/// The one capability that may be added.
const CAPABILITY: &str = "NET_BIND_SERVICE";

/// Whether a pod keeps to it.
///
/// # Errors
/// The field that does not, and why.
pub(super) fn check(template: &PodTemplateSpec) -> Result<(), String> {
    let Some(spec) = &template.spec else { return Ok(()) };
    check_host(spec)?;
    let pod = spec.security_context.clone().unwrap_or_default();
    check_pod(&pod)?;
    let containers = spec.containers.iter().map(|container| ("containers", container));
    let first = spec.init_containers.iter().flatten().map(|container| ("initContainers", container));
    for (list, container) in containers.chain(first) {
        let place = format!("spec.{list}[{}]", container.name);
        check_container(&pod, container).map_err(|rule| format!("{place}.{rule}"))?;
    }
    Ok(())
}

fn check_host(spec: &PodSpec) -> Result<(), String> {
    let shared = [("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)];
    match shared.into_iter().find(|(_, shared)| *shared == Some(true)) {
        Some((field, _)) => Err(format!("spec.{field} may not be true")),
        None => Ok(()),
    }
}

fn check_pod(pod: &PodSecurityContext) -> Result<(), String> {
    let place = "spec.securityContext";
    if pod.run_as_non_root == Some(false) {
        return Err(format!("{place}.runAsNonRoot may not be false"));
    }
    if pod.run_as_user == Some(0) {
        return Err(format!("{place}.runAsUser may not be 0"));
    }
    if pod.sysctls.as_ref().is_some_and(|sysctls| !sysctls.is_empty()) {
        return Err(format!("{place}.sysctls may not be set"));
    }
    if pod.windows_options.is_some() || pod.se_linux_options.is_some() {
        return Err(format!("{place} may set neither windowsOptions nor seLinuxOptions"));
    }
    if pod.app_armor_profile.as_ref().is_some_and(|profile| profile.type_ == "Unconfined") {
        return Err(format!("{place}.appArmorProfile may not be Unconfined"));
    }
    check_profile(pod.seccomp_profile.as_ref()).map_err(|rule| format!("{place}.{rule}"))
}

fn check_container(pod: &PodSecurityContext, container: &Container) -> Result<(), String> {
    let own = container.security_context.clone().unwrap_or_default();
    check_rights(&own)?;
    if own.run_as_non_root.or(pod.run_as_non_root) != Some(true) {
        return Err("securityContext.runAsNonRoot has to be true".to_owned());
    }
    if own.run_as_user == Some(0) {
        return Err("securityContext.runAsUser may not be 0".to_owned());
    }
    let seccomp = own.seccomp_profile.as_ref().or(pod.seccomp_profile.as_ref());
    if seccomp.is_none() {
        return Err("securityContext.seccompProfile has to be set".to_owned());
    }
    check_profile(seccomp).map_err(|rule| format!("securityContext.{rule}"))?;
    if container.ports.iter().flatten().any(|port| port.host_port.unwrap_or_default() != 0 || port.host_ip.is_some()) {
        return Err("ports may name no port of the host".to_owned());
    }
    check_hosts(container)
}

fn check_rights(own: &SecurityContext) -> Result<(), String> {
    if own.privileged == Some(true) {
        return Err("securityContext.privileged may not be true".to_owned());
    }
    if own.allow_privilege_escalation != Some(false) {
        return Err("securityContext.allowPrivilegeEscalation has to be false".to_owned());
    }
    if own.proc_mount.as_deref().is_some_and(|mount| mount != "Default") {
        return Err("securityContext.procMount may only be Default".to_owned());
    }
    if own.windows_options.is_some() || own.se_linux_options.is_some() {
        return Err("securityContext may set neither windowsOptions nor seLinuxOptions".to_owned());
    }
    if own.app_armor_profile.as_ref().is_some_and(|profile| profile.type_ == "Unconfined") {
        return Err("securityContext.appArmorProfile may not be Unconfined".to_owned());
    }
    let capabilities = own.capabilities.clone().unwrap_or_default();
    if !capabilities.drop.iter().flatten().any(|dropped| dropped == "ALL") {
        return Err("securityContext.capabilities.drop has to hold ALL".to_owned());
    }
    if capabilities.add.iter().flatten().any(|added| added != CAPABILITY) {
        return Err(format!("securityContext.capabilities.add may hold {CAPABILITY} only"));
    }
    Ok(())
}

fn check_profile(profile: Option<&SeccompProfile>) -> Result<(), String> {
    match profile.map(|profile| profile.type_.as_str()) {
        None | Some("RuntimeDefault" | "Localhost") => Ok(()),
        Some(_) => Err("seccompProfile has to be RuntimeDefault or Localhost".to_owned()),
    }
}

/// Probes and hooks may ask the pod itself only: the kubelet that asks reaches more than the pod does.
fn check_hosts(container: &Container) -> Result<(), String> {
    let probes = [&container.liveness_probe, &container.readiness_probe, &container.startup_probe];
    let asked = probes.into_iter().flatten().flat_map(|probe| {
        let http = probe.http_get.as_ref().and_then(|get| get.host.as_ref());
        let tcp = probe.tcp_socket.as_ref().and_then(|socket| socket.host.as_ref());
        [http, tcp]
    });
    let hooks = container.lifecycle.iter().flat_map(|cycle| [&cycle.post_start, &cycle.pre_stop]);
    let called = hooks.flatten().flat_map(|hook| {
        let http = hook.http_get.as_ref().and_then(|get| get.host.as_ref());
        let tcp = hook.tcp_socket.as_ref().and_then(|socket| socket.host.as_ref());
        [http, tcp]
    });
    if asked.chain(called).flatten().any(|host| !host.is_empty()) {
        return Err("probes and hooks may name no host".to_owned());
    }
    Ok(())
}
