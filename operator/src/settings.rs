//! What the operator is told at its start and every rendering needs.

/// Images of containers whose custom resource names none.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct DefaultImages {
    /// Image of the api, storage and events roles.
    #[arg(long, env = "IMAGE_GATEWAY")]
    pub image_gateway: String,
    /// Image of workers.
    #[arg(long, env = "IMAGE_WORKER")]
    pub image_worker: String,
    /// Image of managed Redis.
    #[arg(long, env = "IMAGE_REDIS")]
    pub image_redis: String,
    /// Image of managed object stores.
    #[arg(long, env = "IMAGE_OBJECT_STORE")]
    pub image_object_store: String,
}

/// What the cluster can do beyond its core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// It knows ServiceMonitors and PrometheusRules.
    pub prometheus: bool,
    /// It knows HTTPRoutes.
    pub gateway_api: bool,
    /// It gives each namespace its own range of users and refuses pods that name another, as `OpenShift` does.
    pub assigns_users: bool,
}
