//! What all children of an owner have in common: where they are, and how they tell whose they are.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{ChildKind, NotRendered, Rendered};
use crate::{
    api::{GROUP, StringMap, VERSION},
    digest, labels,
    names::Component,
};

/// The kinds that own children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the API's own")]
pub enum OwnerKind {
    PhotoPlatform,
    ProcessingPipeline,
}

impl OwnerKind {
    /// The kind as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PhotoPlatform => "PhotoPlatform",
            Self::ProcessingPipeline => "ProcessingPipeline",
        }
    }
}

/// The children of one owner. All that their metadata says is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family<'a> {
    /// What the owner is.
    pub kind: OwnerKind,
    /// The owner's name.
    pub name: &'a str,
    /// The namespace of all.
    pub namespace: &'a str,
    /// The owner's uid.
    pub uid: &'a str,
    /// The platform that they are part of: the owner, or its platform.
    pub platform: &'a str,
}

impl Family<'_> {
    /// The pipeline that the children belong to, where they belong to one.
    pub fn pipeline(&self) -> Option<&str> {
        (self.kind == OwnerKind::ProcessingPipeline).then_some(self.name)
    }

    /// Labels by which the pods of a component are selected.
    pub fn selector(&self, component: Component) -> StringMap {
        labels::selector(component, self.platform, self.pipeline())
    }

    /// All labels of a child.
    pub fn labels(&self, component: Component) -> StringMap {
        labels::of(component, self.platform, self.pipeline())
    }

    /// Labels of a component's pods: without the version, since a new one alone is no reason to restart them.
    pub fn pod_labels(&self, component: Component) -> StringMap {
        let mut labels = self.labels(component);
        labels.remove(labels::VERSION);
        labels
    }

    /// Who owns the children.
    pub fn owner_reference(&self) -> OwnerReference {
        OwnerReference {
            api_version: format!("{GROUP}/{VERSION}"),
            kind: self.kind.as_str().to_owned(),
            name: self.name.to_owned(),
            uid: self.uid.to_owned(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        }
    }

    /// An object of a component as a child: with its metadata. Labels and annotations that it has stay, those of ours
    /// stand above them.
    ///
    /// # Errors
    /// It can't be written as JSON.
    pub fn child(
        &self,
        component: Component,
        kind: ChildKind,
        name: impl Into<String>,
        object: &impl Serialize,
    ) -> Result<Rendered, NotRendered> {
        Ok(self.stamped(Rendered::of(kind, name, object)?, self.labels(component)))
    }

    /// The same for an object of no single component.
    pub fn stamped(&self, mut rendered: Rendered, labels: StringMap) -> Rendered {
        let owner = self.owner_reference();
        let owner = json!([{
            "apiVersion": owner.api_version,
            "kind": owner.kind,
            "name": owner.name,
            "uid": owner.uid,
            "controller": owner.controller,
            "blockOwnerDeletion": owner.block_owner_deletion,
        }]);
        let uid = StringMap::from([(labels::OWNER_UID.to_owned(), self.uid.to_owned())]);
        if let Some(metadata) = metadata(&mut rendered.object) {
            metadata.insert("name".to_owned(), rendered.name.clone().into());
            metadata.insert("namespace".to_owned(), self.namespace.into());
            metadata.insert("ownerReferences".to_owned(), owner);
            merge(metadata, "labels", labels);
            merge(metadata, "annotations", uid);
        }
        let hash = StringMap::from([(labels::RENDERED.to_owned(), digest::of(&rendered.object))]);
        if let Some(metadata) = metadata(&mut rendered.object) {
            merge(metadata, "annotations", hash);
        }
        rendered
    }
}

fn metadata(object: &mut Value) -> Option<&mut Map<String, Value>> {
    object.as_object_mut()?.entry("metadata").or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}

fn merge(metadata: &mut Map<String, Value>, field: &str, texts: StringMap) {
    let merged = metadata.entry(field).or_insert_with(|| Value::Object(Map::new()));
    if let Some(merged) = merged.as_object_mut() {
        merged.extend(texts.into_iter().map(|(name, text)| (name, text.into())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: Family<'static> =
        Family { kind: OwnerKind::ProcessingPipeline, name: "full", namespace: "team", uid: "u-1", platform: "photos" };

    #[test]
    fn ours_stand_above_what_an_object_brings() {
        let object = json!({"metadata": {
            "annotations": {"mine": "kept", "photoplatform.io/owner-uid": "forged"},
            "labels": {"photoplatform.io/platform": "forged"},
        }});
        let child = FAMILY.child(Component::Worker, ChildKind::Service, "full-worker", &object).unwrap();
        let text = |path: &str| child.object.pointer(path).unwrap().as_str().unwrap();
        assert_eq!(text("/metadata/annotations/mine"), "kept");
        assert_eq!(text("/metadata/annotations/photoplatform.io~1owner-uid"), "u-1");
        assert_eq!(text("/metadata/labels/photoplatform.io~1platform"), "photos");
        assert_eq!(text("/metadata/labels/photoplatform.io~1pipeline"), "full");
        assert_eq!(text("/metadata/namespace"), "team");
        assert_eq!(text("/metadata/ownerReferences/0/kind"), "ProcessingPipeline");
    }

    #[test]
    fn the_hash_tells_objects_apart_and_is_not_part_of_itself() {
        let hash = |object: &Value| {
            let child = FAMILY.child(Component::Worker, ChildKind::ConfigMap, "full-worker", object).unwrap();
            let hash = child.object.pointer("/metadata/annotations/photoplatform.io~1rendered").unwrap().clone();
            (hash, child.object)
        };
        let (first, object) = hash(&json!({"data": {"a": "1"}}));
        assert_ne!(first, hash(&json!({"data": {"a": "2"}})).0);
        let mut without = object;
        without.pointer_mut("/metadata/annotations").unwrap().as_object_mut().unwrap().remove(labels::RENDERED);
        assert_eq!(first, Value::from(digest::of(&without)));
    }
}
