//! Which image each component runs.

use crate::{
    api::{PhotoPlatformSpec, ProcessingPipelineSpec},
    names::Component,
    settings::DefaultImages,
};

/// An image per component. Components are brought to a new release one after the other, so two roles of one program may
/// differ for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentImages {
    /// Redis.
    pub redis: String,
    /// The object store.
    pub store: String,
    /// The storage role.
    pub metadata: String,
    /// The api role.
    pub gateway: String,
    /// The events role.
    pub events: String,
    /// Workers of pipelines that name none.
    pub worker: String,
}

impl ComponentImages {
    /// The image of a component.
    pub fn of(&self, component: Component) -> &str {
        match component {
            Component::Redis => &self.redis,
            Component::Store => &self.store,
            Component::Metadata => &self.metadata,
            Component::Gateway => &self.gateway,
            Component::Events => &self.events,
            Component::Worker => &self.worker,
        }
    }
}

impl ComponentImages {
    /// The image of a pipeline's workers: its own, else its platform's.
    pub fn of_workers<'a>(&'a self, pipeline: &'a ProcessingPipelineSpec) -> &'a str {
        pipeline.worker.image.as_deref().unwrap_or(&self.worker)
    }

    /// Gives a component another image.
    pub(crate) fn set(&mut self, component: Component, image: String) {
        *match component {
            Component::Redis => &mut self.redis,
            Component::Store => &mut self.store,
            Component::Metadata => &mut self.metadata,
            Component::Gateway => &mut self.gateway,
            Component::Events => &mut self.events,
            Component::Worker => &mut self.worker,
        } = image;
    }
}

/// The images that a platform should run in the end: those of its spec, else the operator's.
pub fn chosen(spec: &PhotoPlatformSpec, defaults: &DefaultImages) -> ComponentImages {
    let or = |own: &Option<String>, default: &String| own.as_ref().unwrap_or(default).clone();
    let gateway = or(&spec.images.gateway, &defaults.image_gateway);
    ComponentImages {
        redis: or(&spec.images.redis, &defaults.image_redis),
        store: or(&spec.images.object_store, &defaults.image_object_store),
        metadata: gateway.clone(),
        gateway: gateway.clone(),
        events: gateway,
        worker: or(&spec.images.worker, &defaults.image_worker),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COMPONENTS: [Component; 6] = [
        Component::Redis,
        Component::Store,
        Component::Metadata,
        Component::Gateway,
        Component::Events,
        Component::Worker,
    ];

    #[test]
    fn an_image_of_the_spec_stands_above_the_operators() {
        let defaults = DefaultImages {
            image_gateway: "gateway:1".to_owned(),
            image_worker: "worker:1".to_owned(),
            image_redis: "redis:1".to_owned(),
            image_object_store: "store:1".to_owned(),
        };
        let images = |written| {
            let images = chosen(&serde_json::from_value(json!({"images": written})).unwrap(), &defaults);
            COMPONENTS.map(|component| images.of(component).to_owned())
        };
        assert_eq!(images(json!({})), ["redis:1", "store:1", "gateway:1", "gateway:1", "gateway:1", "worker:1"]);
        let own = json!({"gateway": "g:2", "worker": "w:2", "redis": "r:2", "objectStore": "s:2"});
        assert_eq!(images(own), ["r:2", "s:2", "g:2", "g:2", "g:2", "w:2"]);
    }
}
