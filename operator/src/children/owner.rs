//! Whose a child is.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::{Resource, ResourceExt};

use super::Live;

/// The custom resource that children belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// `PhotoPlatform` or `ProcessingPipeline`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace and that of its children.
    pub namespace: String,
    /// Its uid.
    pub uid: String,
}

/// Whose an object is, seen from an owner that wants its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belonging {
    /// Ours.
    Ours,
    /// Of an owner of the same name that is gone: it was retained, and we take it over.
    Retained,
    /// Somebody else's; the text names them.
    Foreign(String),
}

impl Owner {
    /// That of a custom resource that the API server stored.
    pub fn of<K: Resource<DynamicType = ()>>(object: &K) -> Self {
        Self {
            kind: K::kind(&()).into_owned(),
            name: object.name_any(),
            namespace: object.namespace().unwrap_or_default(),
            uid: object.uid().unwrap_or_default(),
        }
    }

    /// The reference to it on a child.
    pub fn reference(&self) -> OwnerReference {
        OwnerReference {
            api_version: format!("{}/{}", crate::api::GROUP, crate::api::VERSION),
            kind: self.kind.clone(),
            name: self.name.clone(),
            uid: self.uid.clone(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        }
    }

    /// Whose `live` is.
    pub fn belonging(&self, live: &Live) -> Belonging {
        match live.controller() {
            Some(controller) if controller.uid == self.uid => Belonging::Ours,
            Some(controller) => Belonging::Foreign(format!("the {} `{}`", controller.kind, controller.name)),
            None => match live.noted_owner() {
                Some(uid) if uid == self.uid => Belonging::Ours,
                Some(_) => Belonging::Retained,
                None => Belonging::Foreign("somebody who did not make it for this".to_owned()),
            },
        }
    }
}
