//! A platform's children, from its spec alone: the same input always gives the same objects.

mod connection;
mod events;
mod gateway;
mod metadata;
mod redis;
mod store;

use super::ComponentImages;
use crate::{
    api::{Operation, PhotoPlatformSpec},
    children::{Family, NotRendered, OwnerKind, Rendered},
    exposure,
    monitoring::{self, Monitored},
    names::Component,
    network_policy::{self, Network},
    pod::Ground,
    secrets::SecretVersions,
    settings::Capabilities,
};

pub(crate) use connection::Connection;

/// What a platform's children are made from.
#[derive(Debug, Clone, Copy)]
pub struct PlatformInput<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its uid.
    pub uid: &'a str,
    /// The uid of the first platform that had its data: another than its own where it took over what was retained.
    pub data_owner: &'a str,
    /// What is wanted.
    pub spec: &'a PhotoPlatformSpec,
    /// The images that its components run now.
    pub images: &'a ComponentImages,
    /// What the cluster can do.
    pub capabilities: Capabilities,
    /// The Secrets that its pods have.
    pub secrets: &'a SecretVersions,
    /// The namespace of the operator's own pods.
    pub operator_namespace: &'a str,
}

impl<'a> PlatformInput<'a> {
    /// The family of its children.
    pub fn family(&self) -> Family<'a> {
        Family {
            kind: OwnerKind::PhotoPlatform,
            name: self.name,
            namespace: self.namespace,
            uid: self.uid,
            platform: self.name,
        }
    }

    /// Whether it has pods.
    pub fn runs(&self) -> bool {
        self.spec.operation != Operation::Stopped
    }

    pub(crate) fn ground(&self) -> Ground<'a> {
        Ground {
            family: self.family(),
            defaults: &self.spec.pod_defaults,
            images: &self.spec.images,
            capabilities: self.capabilities,
            secrets: self.secrets,
            node_selector: None,
            tolerations: &[],
        }
    }

    fn image(&self, component: Component) -> String {
        self.images.of(component).to_owned()
    }
}

/// A platform's children in the order of applying.
///
/// # Errors
/// The spec says what processes would refuse.
pub fn children(input: &PlatformInput) -> Result<Vec<Rendered>, NotRendered> {
    let mut children = Vec::new();
    if let Some(redis) = &input.spec.redis.managed {
        children.extend(redis::children(input, redis)?);
    }
    if let Some(store) = &input.spec.object_store.managed {
        children.extend(store::children(input, store)?);
    }
    children.extend(metadata::children(input)?);
    children.extend(gateway::children(input)?);
    children.extend(events::children(input)?);
    let (family, spec) = (input.family(), input.spec);
    let network = Network { family, spec, operator_namespace: input.operator_namespace };
    children.extend(network_policy::children(&network)?);
    children.extend(exposure::child(&family, spec.gateway.expose.as_ref())?);
    children.extend(monitoring::children(&Monitored { family, spec, capabilities: input.capabilities })?);
    children.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    Ok(children)
}
