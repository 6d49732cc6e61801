//! The template of a pod: the one place where the baseline is applied.

use k8s_openapi::{
    api::core::v1::{
        Capabilities, Container, ContainerPort, Lifecycle, LifecycleHandler, LocalObjectReference, PodSecurityContext,
        PodSpec, PodTemplateSpec, SeccompProfile, SecurityContext, SleepAction, Toleration, TopologySpreadConstraint,
    },
    apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta},
};

use super::{
    Pod, USER,
    overrides::{self, OverrideRefused},
};
use crate::{
    api::{Images, PodDefaults, StringMap, TopologySpread},
    children::Family,
    labels,
    names::Component,
    secrets::SecretVersions,
    settings,
};

/// What a pod is set on: the same for all pods of a platform, or of a pipeline.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Whose pods they are.
    pub family: Family<'a>,
    /// What the platform says of all pods.
    pub defaults: &'a PodDefaults,
    /// How images are pulled.
    pub images: &'a Images,
    /// What the cluster can do.
    pub capabilities: settings::Capabilities,
    /// The Secrets as they are.
    pub secrets: &'a SecretVersions,
    /// Labels that a node must have, beside the platform's.
    pub node_selector: Option<&'a StringMap>,
    /// Taints of nodes that do not matter, beside the platform's.
    pub tolerations: &'a [Toleration],
}

impl Ground<'_> {
    /// The template of that pod.
    ///
    /// # Errors
    /// What people merge over it may not be merged.
    pub fn template(&self, mut pod: Pod) -> Result<PodTemplateSpec, OverrideRefused> {
        let (component, overrides) = (pod.component.as_str(), pod.overrides.take());
        let template = PodTemplateSpec {
            metadata: Some(ObjectMeta {
                labels: Some(self.labels(pod.component)),
                annotations: self.annotations(&pod),
                ..ObjectMeta::default()
            }),
            spec: Some(self.spec(pod)),
        };
        match overrides {
            Some(overrides) => overrides::merged(template, &overrides, component),
            None => Ok(template),
        }
    }

    fn labels(&self, component: Component) -> StringMap {
        let mut labels = self.defaults.labels.clone();
        labels.extend(self.family.pod_labels(component));
        labels
    }

    /// With what its process was started from: a change of it is a reason to start another.
    fn annotations(&self, pod: &Pod) -> Option<StringMap> {
        let mut annotations = self.defaults.annotations.clone();
        annotations.extend(pod.files.config.as_ref().map(|config| (labels::CONFIG.to_owned(), config.hash.clone())));
        let secrets = pod.files.secret_names();
        if !secrets.is_empty() {
            annotations.insert(labels::SECRETS.to_owned(), self.secrets.hash(&secrets));
        }
        (!annotations.is_empty()).then_some(annotations)
    }

    fn spec(&self, pod: Pod) -> PodSpec {
        let defaults = self.defaults;
        let mut node_selector = defaults.node_selector.clone();
        node_selector.extend(self.node_selector.cloned().unwrap_or_default());
        let tolerations = [defaults.tolerations.as_slice(), self.tolerations].concat();
        let pull_secrets = &self.images.pull_secrets;
        let pull_secrets: Vec<_> =
            pull_secrets.iter().map(|secret| LocalObjectReference { name: secret.name.clone() }).collect();
        PodSpec {
            service_account_name: Some(pod.component.of(self.family.name)),
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            security_context: Some(self.security()),
            termination_grace_period_seconds: Some(pod.ending.grace_seconds),
            volumes: pod.files.volumes(),
            node_selector: (!node_selector.is_empty()).then_some(node_selector),
            tolerations: (!tolerations.is_empty()).then_some(tolerations),
            topology_spread_constraints: pod.is_replicated.then(|| self.spread(pod.component)).flatten(),
            priority_class_name: defaults.priority_class_name.clone(),
            runtime_class_name: defaults.runtime_class_name.clone(),
            image_pull_secrets: (!pull_secrets.is_empty()).then_some(pull_secrets),
            containers: vec![self.container(pod)],
            ..PodSpec::default()
        }
    }

    fn container(&self, pod: Pod) -> Container {
        let texts = |texts: Vec<String>| (!texts.is_empty()).then_some(texts);
        let port = |port: &super::Port| ContainerPort {
            name: Some(port.name.to_owned()),
            container_port: port.number,
            protocol: Some("TCP".to_owned()),
            ..ContainerPort::default()
        };
        Container {
            name: pod.component.as_str().to_owned(),
            image: Some(pod.image),
            image_pull_policy: Some(self.images.pull_policy.as_str().to_owned()),
            command: texts(pod.command.iter().map(|&word| word.to_owned()).collect()),
            args: texts(pod.arguments),
            volume_mounts: pod.files.mounts(),
            env: pod.environment.into_variables(),
            ports: Some(pod.ports.iter().map(port).collect()),
            resources: Some(pod.resources),
            startup_probe: Some(pod.probes.startup()),
            liveness_probe: Some(pod.probes.liveness()),
            readiness_probe: Some(pod.probes.readiness()),
            lifecycle: pod.ending.lingers_seconds.map(linger),
            security_context: Some(SecurityContext {
                allow_privilege_escalation: Some(false),
                read_only_root_filesystem: Some(true),
                capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
                ..SecurityContext::default()
            }),
            // Why a process did not start is in its log; so it is in the pod, and in the status that is made of it.
            termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
            ..Container::default()
        }
    }

    fn security(&self) -> PodSecurityContext {
        let user = (!self.capabilities.assigns_users).then_some(USER);
        PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: user,
            run_as_group: user,
            fs_group: user,
            // A large volume is not walked through at every start.
            fs_group_change_policy: user.map(|_| "OnRootMismatch".to_owned()),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), ..SeccompProfile::default() }),
            ..PodSecurityContext::default()
        }
    }

    fn spread(&self, component: Component) -> Option<Vec<TopologySpreadConstraint>> {
        let topology_key = match self.defaults.topology_spread {
            TopologySpread::Zone => "topology.kubernetes.io/zone",
            TopologySpread::Host => "kubernetes.io/hostname",
            TopologySpread::None => return None,
        };
        let label_selector =
            LabelSelector { match_labels: Some(self.family.selector(component)), match_expressions: None };
        Some(vec![TopologySpreadConstraint {
            max_skew: 1,
            topology_key: topology_key.to_owned(),
            when_unsatisfiable: "ScheduleAnyway".to_owned(),
            label_selector: Some(label_selector),
            ..TopologySpreadConstraint::default()
        }])
    }
}

/// Sleeps before the process is told to end. The kubelet does it: no program of the image is needed.
fn linger(seconds: i64) -> Lifecycle {
    let sleep = LifecycleHandler { sleep: Some(SleepAction { seconds }), ..LifecycleHandler::default() };
    Lifecycle { pre_stop: Some(sleep), ..Lifecycle::default() }
}
