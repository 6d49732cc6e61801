//! The kinds of objects that the operator makes: one list, in the order in which they are applied.

/// A kind of child. The order of the variants is the order of applying: what others need comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are Kubernetes' own")]
pub enum ChildKind {
    ServiceAccount,
    NetworkPolicy,
    ConfigMap,
    Service,
    PodDisruptionBudget,
    StatefulSet,
    Deployment,
    HorizontalPodAutoscaler,
    Ingress,
    HttpRoute,
    ServiceMonitor,
    PrometheusRule,
}

impl ChildKind {
    /// All of them, in the order of applying.
    pub const ALL: [Self; 12] = [
        Self::ServiceAccount,
        Self::NetworkPolicy,
        Self::ConfigMap,
        Self::Service,
        Self::PodDisruptionBudget,
        Self::StatefulSet,
        Self::Deployment,
        Self::HorizontalPodAutoscaler,
        Self::Ingress,
        Self::HttpRoute,
        Self::ServiceMonitor,
        Self::PrometheusRule,
    ];

    /// Group, version, kind and plural.
    pub fn names(self) -> [&'static str; 4] {
        match self {
            Self::ServiceAccount => ["", "v1", "ServiceAccount", "serviceaccounts"],
            Self::NetworkPolicy => ["networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"],
            Self::ConfigMap => ["", "v1", "ConfigMap", "configmaps"],
            Self::Service => ["", "v1", "Service", "services"],
            Self::PodDisruptionBudget => ["policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"],
            Self::StatefulSet => ["apps", "v1", "StatefulSet", "statefulsets"],
            Self::Deployment => ["apps", "v1", "Deployment", "deployments"],
            Self::HorizontalPodAutoscaler => {
                ["autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"]
            }
            Self::Ingress => ["networking.k8s.io", "v1", "Ingress", "ingresses"],
            Self::HttpRoute => ["gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"],
            Self::ServiceMonitor => ["monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"],
            Self::PrometheusRule => ["monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules"],
        }
    }

    /// Whether a cluster may not know the kind, because a definition brings it.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::HttpRoute | Self::ServiceMonitor | Self::PrometheusRule)
    }

    /// The kind as the API knows it.
    pub fn resource(self) -> kube::core::ApiResource {
        let [group, version, kind, plural] = self.names();
        let gvk = kube::core::GroupVersionKind::gvk(group, version, kind);
        kube::core::ApiResource::from_gvk_with_plural(&gvk, plural)
    }
}
