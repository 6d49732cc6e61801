//! Whose an object is.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::{Family, Live};
use crate::api::GROUP;

/// Whose an object is, seen from a family that wants its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belonging {
    /// The family's.
    Ours,
    /// Of a family of the same name that is gone: it was retained, and is taken over.
    Retained,
    /// Of a family of the same name that is gone, with which it goes: its name is free soon.
    Departing,
    /// Somebody else's; the text names them.
    Foreign(String),
}

impl Belonging {
    /// That of `live`, seen from `family`.
    pub fn of(live: &Live, family: &Family<'_>) -> Self {
        match live.controller() {
            Some(controller) if controller.uid == family.uid => Self::Ours,
            Some(controller) if is_namesake(controller, family) => Self::Departing,
            Some(controller) => Self::Foreign(format!("the {} `{}`", controller.kind, controller.name)),
            None => match live.noted_owner() {
                Some(uid) if uid == family.uid => Self::Ours,
                Some(_) => Self::Retained,
                None => Self::Foreign("somebody who did not make it for this".to_owned()),
            },
        }
    }
}

/// Whether an owner is, or was, of the same kind and name. Two of them are never there at the same time.
fn is_namesake(owner: &OwnerReference, family: &Family<'_>) -> bool {
    let group = owner.api_version.split('/').next();
    group == Some(GROUP) && owner.kind == family.kind.as_str() && owner.name == family.name
}
