//! Whose an object is.

use super::{Family, Live};

/// Whose an object is, seen from a family that wants its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belonging {
    /// The family's.
    Ours,
    /// Of a family of the same name that is gone: it was retained, and is taken over.
    Retained,
    /// Somebody else's; the text names them.
    Foreign(String),
}

impl Belonging {
    /// That of `live`, seen from `family`.
    pub fn of(live: &Live, family: &Family<'_>) -> Self {
        match live.controller() {
            Some(controller) if controller.uid == family.uid => Self::Ours,
            Some(controller) => Self::Foreign(format!("the {} `{}`", controller.kind, controller.name)),
            None => match live.noted_owner() {
                Some(uid) if uid == family.uid => Self::Ours,
                Some(_) => Self::Retained,
                None => Self::Foreign("somebody who did not make it for this".to_owned()),
            },
        }
    }
}
