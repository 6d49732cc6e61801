//! The storage classes that a platform names: a volume would wait for one that is missing without an end.

use crate::{
    api::{PhotoPlatform, PhotoPlatformSpec, Storage},
    apply::NotMade,
    children::is_bound,
    context::Context,
    names::Component,
    platform::fetch::Facts,
    stall::Stall,
};

/// Checks that they are there, as long as a volume may still need them.
///
/// # Errors
/// One is missing, or the API server does not answer. Where the operator may not look, none is missed.
pub(super) async fn check(platform: &PhotoPlatform, facts: &Facts, context: &Context) -> Result<(), NotMade> {
    for (field, component, storage) in volumes(&platform.spec) {
        let Some(name) = &storage.storage_class_name else { continue };
        let own =
            facts.claims.iter().filter(|claim| claim.label("app.kubernetes.io/component") == Some(component.as_str()));
        if own.into_iter().any(|claim| is_bound(claim)) {
            continue;
        }
        if context.cluster.has_storage_class(name).await? == Some(false) {
            return Err(Stall::StorageClassMissing { field, name: name.clone() }.into());
        }
    }
    Ok(())
}

/// The volumes of a platform, by the fields that describe them.
fn volumes(spec: &PhotoPlatformSpec) -> impl Iterator<Item = (&'static str, Component, &Storage)> {
    let redis =
        spec.redis.managed.as_ref().map(|redis| ("spec.redis.managed.storage", Component::Redis, &redis.storage));
    let store = spec.object_store.managed.as_ref();
    let store = store.map(|store| ("spec.objectStore.managed.storage", Component::Store, &store.storage));
    let metadata = ("spec.metadata.storage", Component::Metadata, &spec.metadata.storage);
    [Some(metadata), redis, store].into_iter().flatten()
}
