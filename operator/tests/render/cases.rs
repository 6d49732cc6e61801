//! Every field of both kinds, with another value and a child that this changes.

use serde_json::{Value, json};

use crate::sample::{self, Sample};

/// A field of a spec, another value for it, and what it changes: a child, or the policy that a pipeline scales by.
pub(crate) type Case = (&'static str, Value, &'static str);

/// Fields of one document of a sample.
pub(crate) struct Table {
    /// The kind whose fields they are.
    pub(crate) kind: &'static str,
    pub(crate) sample: Sample,
    pub(crate) document: fn(&mut Sample) -> &mut Value,
    pub(crate) cases: Vec<Case>,
}

pub(crate) fn tables() -> Vec<Table> {
    let platform = |sample: fn() -> Sample, cases| Table {
        kind: "PhotoPlatform",
        sample: sample(),
        document: |sample| &mut sample.platform,
        cases,
    };
    let pipeline =
        |document, cases| Table { kind: "ProcessingPipeline", sample: sample::everything(), document, cases };
    vec![
        platform(sample::everything, pods()),
        platform(sample::everything, backing()),
        platform(sample::everything, roles()),
        platform(sample::everything, gateway()),
        platform(sample::everything, surroundings()),
        platform(sample::external, external()),
        pipeline(|sample| &mut sample.pipelines[0], queue_and_stages()),
        pipeline(|sample| &mut sample.pipelines[0], workers()),
        pipeline(|sample| &mut sample.pipelines[1], plain_pipeline()),
        pipeline(|sample| &mut sample.pipelines[2], following_workers()),
    ]
}

const REDIS: &str = "StatefulSet everything-redis";
const STORE: &str = "StatefulSet everything-store";
const METADATA: &str = "StatefulSet everything-metadata";
const GATEWAY: &str = "Deployment everything-gateway";
const EVENTS: &str = "Deployment everything-events";
const OF_EVENTS: &str = "Policy of events";
const WORKER: &str = "Deployment theirs-worker";

/// Something that pods are not told otherwise.
fn longer() -> Value {
    json!({"spec": {"terminationGracePeriodSeconds": 777}})
}

fn pods() -> Vec<Case> {
    vec![
        ("operation", json!("Stopped"), METADATA),
        ("deletionPolicy", json!("Retain"), STORE),
        ("defaultPipelineRef.name", json!("other"), "ConfigMap everything-gateway"),
        ("defaultPipelineRef.name", json!("other"), GATEWAY),
        ("images.pullPolicy", json!("Never"), WORKER),
        ("images.pullSecrets.0.name", json!("other"), WORKER),
        ("images.gateway", json!("other"), METADATA),
        ("images.gateway", json!("other"), EVENTS),
        ("images.worker", json!("other"), WORKER),
        ("images.redis", json!("other"), REDIS),
        ("images.objectStore", json!("other"), STORE),
        ("podDefaults.labels.team", json!("other"), WORKER),
        ("podDefaults.annotations.other", json!("other"), REDIS),
        ("podDefaults.nodeSelector.disk", json!("other"), WORKER),
        ("podDefaults.tolerations.0.key", json!("other"), WORKER),
        ("podDefaults.tolerations.0.operator", json!("Equal"), REDIS),
        ("podDefaults.tolerations.0.value", json!("other"), GATEWAY),
        ("podDefaults.tolerations.0.effect", json!("NoExecute"), METADATA),
        ("podDefaults.tolerations.0.tolerationSeconds", json!(5), EVENTS),
        ("podDefaults.topologySpread", json!("Zone"), WORKER),
        ("podDefaults.priorityClassName", json!("other"), STORE),
        ("podDefaults.runtimeClassName", json!("other"), GATEWAY),
        ("gateway.podOverrides", longer(), GATEWAY),
        ("eventBus.podOverrides", longer(), EVENTS),
        ("metadata.podOverrides", longer(), METADATA),
        ("redis.managed.podOverrides", longer(), REDIS),
        ("objectStore.managed.podOverrides", longer(), STORE),
    ]
}

fn backing() -> Vec<Case> {
    vec![
        ("redis.managed.storage.size", json!("5Gi"), REDIS),
        ("redis.managed.storage.storageClassName", json!("other"), REDIS),
        ("redis.managed.persistence", json!("AppendOnly"), "ConfigMap everything-redis"),
        ("redis.managed.maxMemoryPercent", json!(51), REDIS),
        ("redis.managed.resources.requests.cpu", json!("201m"), REDIS),
        ("redis.managed.resources.requests.memory", json!("1025Mi"), REDIS),
        ("redis.managed.resources.limits.cpu", json!("1001m"), REDIS),
        ("redis.managed.resources.limits.memory", json!("3Gi"), "ConfigMap everything-redis"),
        ("objectStore.managed.storage.size", json!("2Ti"), STORE),
        ("objectStore.managed.storage.storageClassName", json!("other"), STORE),
        ("objectStore.managed.resources.requests.cpu", json!("301m"), STORE),
        ("objectStore.managed.resources.requests.memory", json!("1025Mi"), STORE),
        ("objectStore.managed.resources.limits.cpu", json!("3001m"), STORE),
        ("objectStore.managed.resources.limits.memory", json!("5Gi"), STORE),
        ("objectStore.buckets.0.name", json!("other"), METADATA),
        ("objectStore.buckets.1.name", json!("other"), GATEWAY),
        ("objectStore.buckets.2.name", json!("other"), WORKER),
        ("objectStore.buckets.3.name", json!("other"), METADATA),
        ("objectStore.buckets.2.purpose", json!("Originals"), WORKER),
    ]
}

fn roles() -> Vec<Case> {
    vec![
        ("metadata.storage.size", json!("30Gi"), METADATA),
        ("metadata.storage.storageClassName", json!("other"), METADATA),
        ("metadata.sqlite.readers", json!(8), METADATA),
        ("metadata.backup.state", json!("Disabled"), METADATA),
        ("metadata.backup.periodSeconds", json!(900), METADATA),
        ("metadata.backup.retainCount", json!(7), METADATA),
        ("metadata.consistency.cleanup", json!("Delete"), METADATA),
        ("metadata.consistency.periodSeconds", json!(1200), METADATA),
        ("metadata.deadLetterHook.url", json!("https://other.example.org/photos"), METADATA),
        ("metadata.deadLetterHook.secretRef.name", json!("other"), METADATA),
        ("metadata.resources.requests.cpu", json!("301m"), METADATA),
        ("metadata.resources.requests.memory", json!("129Mi"), METADATA),
        ("metadata.resources.limits.cpu", json!("3001m"), METADATA),
        ("metadata.resources.limits.memory", json!("5Gi"), METADATA),
        ("eventBus.replicas", json!(4), EVENTS),
        ("eventBus.websocket.corsOrigins.0", json!("https://other"), EVENTS),
        ("eventBus.websocket.pingPeriodSeconds", json!(21), EVENTS),
        ("eventBus.websocket.pingTimeoutSeconds", json!(41), EVENTS),
        ("eventBus.websocket.maxPayloadBytes", json!(2048), EVENTS),
        ("eventBus.resources.requests.cpu", json!("51m"), EVENTS),
        ("eventBus.resources.requests.memory", json!("65Mi"), EVENTS),
        ("eventBus.resources.limits.cpu", json!("3001m"), EVENTS),
        ("eventBus.resources.limits.memory", json!("1Gi"), EVENTS),
    ]
}

fn gateway() -> Vec<Case> {
    let (autoscaler, ingress) = ("HorizontalPodAutoscaler everything-gateway", "Ingress everything-gateway");
    let service = "Service everything-gateway";
    vec![
        ("gateway.autoscaling.minReplicas", json!(4), autoscaler),
        ("gateway.autoscaling.maxReplicas", json!(8), autoscaler),
        ("gateway.autoscaling.targetCPUPercent", json!(61), autoscaler),
        ("gateway.autoscaling.targetMemoryPercent", json!(61), autoscaler),
        ("gateway.service.type", json!("NodePort"), service),
        ("gateway.service.annotations.other", json!("other"), service),
        ("gateway.service.loadBalancerClass", json!("other"), service),
        ("gateway.expose.ingress.className", json!("other"), ingress),
        ("gateway.expose.ingress.host", json!("other.example.org"), ingress),
        ("gateway.expose.ingress.tlsSecretName", json!("other"), ingress),
        ("gateway.expose.ingress.annotations.other", json!("other"), ingress),
        ("gateway.upload.maxBytes", json!(8_589_934_592_i64), GATEWAY),
        ("gateway.upload.maxFiles", json!(21), GATEWAY),
        ("gateway.auth.secretRef.name", json!("other"), EVENTS),
        ("gateway.auth.audience", json!("other"), GATEWAY),
        ("gateway.resources.requests.cpu", json!("51m"), GATEWAY),
        ("gateway.resources.requests.memory", json!("513Mi"), GATEWAY),
        ("gateway.resources.limits.cpu", json!("3001m"), GATEWAY),
        ("gateway.resources.limits.memory", json!("5Gi"), GATEWAY),
    ]
}

fn surroundings() -> Vec<Case> {
    let (monitor, rule) = ("ServiceMonitor everything-metrics", "PrometheusRule everything-metrics");
    let policy = "NetworkPolicy everything-gateway";
    vec![
        ("networkPolicy.mode", json!("Disabled"), "NetworkPolicy everything-nothing-else"),
        ("networkPolicy.mode", json!("Disabled"), "NetworkPolicy theirs-worker"),
        ("networkPolicy.gatewayFrom.0.namespaceLabels.team", json!("other"), policy),
        ("networkPolicy.gatewayFrom.0.podLabels.app", json!("other"), "NetworkPolicy everything-events"),
        ("networkPolicy.monitoringNamespaceLabels.team", json!("other"), "NetworkPolicy theirs-worker"),
        ("observability.logging.level", json!("Warn"), WORKER),
        ("observability.logging.format", json!("JSON"), METADATA),
        ("observability.metrics.serviceMonitor", json!("Disabled"), monitor),
        ("observability.metrics.prometheusRule", json!("Disabled"), rule),
        ("observability.metrics.intervalSeconds", json!(16), monitor),
        ("observability.metrics.labels.release", json!("other"), monitor),
        ("observability.metrics.labels.release", json!("other"), rule),
        ("observability.dashboard", json!("Disabled"), "ConfigMap everything-dashboard"),
    ]
}

fn external() -> Vec<Case> {
    let (metadata, gateway) = ("StatefulSet external-metadata", "Deployment external-gateway");
    let (events, worker) = ("Deployment external-events", "Deployment outside-worker");
    let (policy, route) = ("NetworkPolicy external-metadata", "HTTPRoute external-gateway");
    vec![
        ("redis.external.host", json!("fd00::1"), events),
        ("redis.external.port", json!(6381), worker),
        ("redis.external.port", json!(6381), policy),
        ("redis.external.database", json!(4), metadata),
        ("redis.external.tls", json!("Disabled"), metadata),
        ("redis.external.credentialsSecretRef.name", json!("other"), events),
        ("redis.external.prefix", json!("other:"), worker),
        ("objectStore.external.endpoint", json!("https://other"), worker),
        ("objectStore.external.endpoint", json!("http://other"), policy),
        ("objectStore.external.region", json!("other"), gateway),
        ("objectStore.external.credentialsSecretRef.name", json!("other"), metadata),
        ("gateway.replicas", json!(2), gateway),
        ("eventBus.autoscaling.minReplicas", json!(4), "Deployment external-events"),
        ("eventBus.autoscaling.maxReplicas", json!(20), OF_EVENTS),
        ("eventBus.autoscaling.targetConnectionsPerPod", json!(1000), OF_EVENTS),
        ("eventBus.autoscaling.scaleDownCooldownSeconds", json!(60), OF_EVENTS),
        ("gateway.expose.httpRoute.parentRefs.0.name", json!("other"), route),
        ("gateway.expose.httpRoute.parentRefs.0.namespace", json!("other"), route),
        ("gateway.expose.httpRoute.parentRefs.0.sectionName", json!("other"), route),
        ("gateway.expose.httpRoute.hostnames.0", json!("other.example.org"), route),
    ]
}

fn queue_and_stages() -> Vec<Case> {
    let (worker, config) = ("Deployment large-worker", "ConfigMap large-worker");
    vec![
        ("queue.priority", json!(8), config),
        ("queue.jobOptions.attempts", json!(5), config),
        ("queue.jobOptions.backoff.type", json!("Exponential"), config),
        ("queue.jobOptions.backoff.delaySeconds", json!(7), config),
        ("queue.jobOptions.backoff.maxDelaySeconds", json!(61), config),
        ("stages.0.timeoutSeconds", json!(31), worker),
        ("stages.0.validation.maxBytes", json!(5), config),
        ("stages.0.validation.maxPixels", json!(5), config),
        ("stages.1.thumbnails.sizes.0.name", json!("65"), config),
        ("stages.1.thumbnails.sizes.0.width", json!(65), config),
        ("stages.1.thumbnails.sizes.0.height", json!(49), config),
        ("stages.1.thumbnails.sizes.0.fit", json!("Inside"), config),
        ("stages.1.thumbnails.format", json!("PNG"), config),
        ("stages.1.thumbnails.qualityPercent", json!(71), config),
        ("stages.2.dependsOn.0", json!("check"), config),
        ("stages.2.onFailure", json!("Fail"), config),
        ("stages.2.metadata.gps", json!("Strip"), config),
        ("stages.3.name", json!("other"), config),
        ("stages.3.watermark.text", json!("© ours"), config),
        ("stages.3.watermark.position", json!("Center"), config),
        ("stages.3.watermark.opacityPercent", json!(41), config),
        ("stages.3.watermark.sizePercent", json!(31), config),
        ("stages.4.watermark.imageConfigMapRef.name", json!("other"), worker),
        ("stages.4.watermark.imageConfigMapRef.key", json!("other"), worker),
        ("stages.5.state", json!("Enabled"), config),
        ("stages.5.optimization.format", json!("PNG"), config),
        ("stages.5.optimization.qualityPercent", json!(61), config),
        ("stages.5.optimization.effort", json!("Fast"), config),
        ("stages.5.optimization.preserveExif", json!(false), config),
    ]
}

fn workers() -> Vec<Case> {
    let (worker, config) = ("Deployment large-worker", "ConfigMap large-worker");
    let autoscaler = "HorizontalPodAutoscaler large-worker";
    vec![
        ("worker.podOverrides", longer(), "Deployment large-worker"),
        ("operation", json!("Stopped"), worker),
        ("operation", json!("Stopped"), autoscaler),
        ("worker.image", json!("other"), worker),
        ("worker.concurrency", json!(2), config),
        ("worker.drainTimeoutSeconds", json!(301), worker),
        ("worker.maxUnavailable", json!("30%"), "PodDisruptionBudget large-worker"),
        ("worker.resources.requests.cpu", json!("1001m"), worker),
        ("worker.resources.requests.memory", json!("2Gi"), worker),
        ("worker.resources.limits.cpu", json!("3001m"), worker),
        ("worker.resources.limits.memory", json!("4Gi"), worker),
        ("worker.nodeSelector.size", json!("other"), worker),
        ("worker.tolerations.0.key", json!("other"), worker),
        ("worker.tolerations.0.operator", json!("Equal"), worker),
        ("worker.tolerations.0.value", json!("other"), worker),
        ("worker.tolerations.0.effect", json!("NoExecute"), worker),
        ("worker.tolerations.0.tolerationSeconds", json!(5), worker),
        ("autoscaling.mode", json!("Disabled"), autoscaler),
        ("autoscaling.minReplicas", json!(3), autoscaler),
        ("autoscaling.maxReplicas", json!(21), autoscaler),
        ("autoscaling.targetCPUUtilizationPercent", json!(71), autoscaler),
    ]
}

fn plain_pipeline() -> Vec<Case> {
    vec![
        ("platformRef.name", json!("other"), "ConfigMap theirs-worker"),
        ("replicas", json!(5), WORKER),
        ("worker.concurrency", json!(3), WORKER),
        ("stages.0.type", json!("Optimization"), "ConfigMap theirs-worker"),
    ]
}

fn following_workers() -> Vec<Case> {
    let policy = "Policy queued";
    vec![
        ("autoscaling.mode", json!("External"), "Deployment queued-worker"),
        ("autoscaling.mode", json!("CPU"), "HorizontalPodAutoscaler queued-worker"),
        ("autoscaling.minReplicas", json!(1), "Deployment queued-worker"),
        ("autoscaling.minReplicas", json!(1), policy),
        ("autoscaling.maxReplicas", json!(41), policy),
        ("autoscaling.scaleUpCooldownSeconds", json!(11), policy),
        ("autoscaling.scaleDownCooldownSeconds", json!(91), policy),
        ("autoscaling.targetCPUUtilizationPercent", json!(76), policy),
        ("autoscaling.targetMemoryUtilizationPercent", json!(91), policy),
        ("autoscaling.queue.waitSloSeconds", json!(21), policy),
        ("autoscaling.queue.waitBudgetPercent", json!(71), policy),
        ("autoscaling.queue.utilizationUpPercent", json!(91), policy),
        ("autoscaling.queue.utilizationDownPercent", json!(61), policy),
        ("autoscaling.queue.fastWindowSeconds", json!(11), policy),
        ("autoscaling.queue.slowWindowSeconds", json!(91), policy),
        ("autoscaling.queue.pollPeriodSeconds", json!(5), policy),
        ("autoscaling.queue.staleAfterSeconds", json!(13), policy),
        ("autoscaling.queue.anomalyHoldSeconds", json!(61), policy),
        ("autoscaling.queue.scaleToZeroAfterSeconds", json!(301), policy),
        ("autoscaling.queue.scaleDownStepPercent", json!(26), policy),
        ("autoscaling.queue.startupSeconds", json!(9), policy),
        ("autoscaling.queue.expectedJobMillis", json!(1501), policy),
        ("autoscaling.fallback.replicas", json!(7), policy),
        ("autoscaling.fallback.afterSeconds", json!(31), policy),
        // What a job takes, and what a stopping worker has to finish it.
        ("worker.concurrency", json!(3), policy),
        ("worker.drainTimeoutSeconds", json!(121), policy),
    ]
}
