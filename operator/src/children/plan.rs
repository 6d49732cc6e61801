//! What is to be done so that children are as they should be: pure, from what should be and what is.

use std::collections::BTreeSet;

use super::{Belonging, ChildKind, Family, Live, Rendered, difference::is_as_rendered};
use crate::labels;

/// One thing to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Apply it.
    Apply(Rendered),
    /// The cache does not have it: look whether its name is free, then apply it.
    LookThenApply(Rendered),
    /// Delete what is no longer wanted, if it is still the one that was seen.
    Delete(Doomed),
}

impl Step {
    /// The kind of what it is done to.
    pub fn kind(&self) -> ChildKind {
        match self {
            Self::Apply(child) | Self::LookThenApply(child) => child.kind,
            Self::Delete(doomed) => doomed.kind,
        }
    }
}

/// An object that is to be deleted, as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// What it is.
    pub kind: ChildKind,
    /// Its name.
    pub name: String,
    /// Its uid, so that no other of the same name is deleted.
    pub uid: String,
}

/// An object that has the name of a child and is somebody else's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {kind:?} `{name}` belongs to {owner}: it is left alone. Rename it or delete it, or give this resource another \
     name"
)]
pub struct ConflictingOwner {
    /// What it is.
    pub kind: ChildKind,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner: String,
}

/// The steps that lead from what is `present` and `live` to `rendered`: applied in the order of kinds, deleted in the
/// reverse order.
///
/// # Errors
/// The name of a child is taken by somebody else. Nothing is to be done then: half a platform helps nobody.
pub fn plan<'a>(
    owner: &Family<'_>,
    rendered: Vec<Rendered>,
    live: impl Fn(ChildKind, &str) -> Option<&'a Live>,
    present: &[(ChildKind, &Live)],
) -> Result<Vec<Step>, ConflictingOwner> {
    let mut wanted = BTreeSet::new();
    let mut steps = Vec::new();
    for child in rendered {
        wanted.insert((child.kind, child.name.clone()));
        match live(child.kind, &child.name) {
            None => steps.push(Step::LookThenApply(child)),
            Some(found) => {
                check(owner, &child, found)?;
                if !is_converged(&child, found) {
                    steps.push(Step::Apply(child));
                }
            }
        }
    }
    steps.sort_by_key(Step::kind);
    let mut doomed: Vec<Doomed> = present
        .iter()
        .filter(|(kind, live)| !wanted.contains(&(*kind, live.name().to_owned())) && !live.is_terminating())
        .filter(|(_, live)| live.controller().is_some_and(|controller| controller.uid == owner.uid))
        .filter_map(|(kind, live)| {
            Some(Doomed { kind: *kind, name: live.name().to_owned(), uid: live.uid()?.to_owned() })
        })
        .collect();
    doomed.sort_by_key(|doomed| std::cmp::Reverse(doomed.kind));
    steps.extend(doomed.into_iter().map(Step::Delete));
    Ok(steps)
}

/// Whether `found` may be applied over.
///
/// # Errors
/// It is somebody else's.
pub fn check(owner: &Family<'_>, child: &Rendered, found: &Live) -> Result<(), ConflictingOwner> {
    match Belonging::of(found, owner) {
        Belonging::Ours | Belonging::Retained => Ok(()),
        Belonging::Foreign(owner) => Err(ConflictingOwner { kind: child.kind, name: child.name.clone(), owner }),
    }
}

/// Whether `found` is as `child`: every field has its value, and none is left from an earlier rendering.
fn is_converged(child: &Rendered, found: &Live) -> bool {
    let noted = child.object.pointer("/metadata/annotations").and_then(|all| all.get(labels::RENDERED)?.as_str());
    noted == found.annotation(labels::RENDERED) && is_as_rendered(&child.object, &found.value())
}
