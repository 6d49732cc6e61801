//! What is to be done so that children are as they should be: pure, from what should be and what is.

use std::{collections::BTreeSet, ops::Deref};

use super::{
    Belonging, ChildKind, Family, Growing, Live, Rendered,
    difference::is_as_rendered,
    volumes::{self, Need},
};
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
    /// Delete it alone: its pods and claims stay, and whoever is made next with its name takes them over.
    DeleteOrphaning(Doomed),
    /// Let a claim grow.
    Grow(Growing),
}

impl Step {
    /// The kind of what it is done to, as the API calls it.
    pub fn kind_name(&self) -> &'static str {
        let [_, _, name, _] = match self.kind() {
            Some(kind) => kind.names(),
            None => ["", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"],
        };
        name
    }

    /// The kind of the child that it is done to, where it is one.
    fn kind(&self) -> Option<ChildKind> {
        match self {
            Self::Apply(child) | Self::LookThenApply(child) => Some(child.kind),
            Self::Delete(doomed) | Self::DeleteOrphaning(doomed) => Some(doomed.kind),
            Self::Grow(_) => None,
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
/// reverse order. `claims` are those of its `StatefulSets`; they grow last, since some can't.
///
/// # Errors
/// The name of a child is taken by somebody else. Nothing is to be done then: half a platform helps nobody.
pub fn plan<L: Deref<Target = Live>>(
    owner: &Family<'_>,
    rendered: Vec<Rendered>,
    live: impl Fn(ChildKind, &str) -> Option<L>,
    present: &[(ChildKind, &Live)],
    claims: &[&Live],
) -> Result<Vec<Step>, ConflictingOwner> {
    let mut wanted = BTreeSet::new();
    let mut steps = Vec::new();
    let mut growing = Vec::new();
    for mut child in rendered {
        wanted.insert((child.kind, child.name.clone()));
        let found = live(child.kind, &child.name);
        let need = volumes::settle(&mut child, found.as_deref(), claims);
        steps.extend(step(owner, child, found.as_deref(), &need)?);
        growing.extend(need.growing);
    }
    steps.sort_by_key(Step::kind);
    let mut doomed: Vec<Doomed> = present
        .iter()
        .filter(|(kind, live)| !wanted.contains(&(*kind, live.name().to_owned())) && !live.is_terminating())
        .filter(|(_, live)| live.controller().is_some_and(|controller| controller.uid == owner.uid))
        .filter_map(|(kind, live)| doomed(*kind, live))
        .collect();
    doomed.sort_by_key(|doomed| std::cmp::Reverse(doomed.kind));
    steps.extend(doomed.into_iter().map(Step::Delete));
    steps.extend(growing.into_iter().map(Step::Grow));
    Ok(steps)
}

/// What is to be done so that `found` becomes `child`, if anything.
fn step(
    owner: &Family<'_>,
    child: Rendered,
    found: Option<&Live>,
    need: &Need,
) -> Result<Option<Step>, ConflictingOwner> {
    let Some(found) = found else { return Ok(Some(Step::LookThenApply(child))) };
    if !is_free(owner, &child, found)? {
        return Ok(None);
    }
    if need.is_anew {
        return Ok(doomed(child.kind, found).map(Step::DeleteOrphaning));
    }
    Ok((!is_converged(&child, found)).then_some(Step::Apply(child)))
}

fn doomed(kind: ChildKind, live: &Live) -> Option<Doomed> {
    Some(Doomed { kind, name: live.name().to_owned(), uid: live.uid()?.to_owned() })
}

/// Whether `found` may be applied over now. What is on its way out can't be changed: its name is free when it is gone.
///
/// # Errors
/// It is somebody else's.
pub fn is_free(owner: &Family<'_>, child: &Rendered, found: &Live) -> Result<bool, ConflictingOwner> {
    match Belonging::of(found, owner) {
        Belonging::Ours | Belonging::Retained => Ok(!found.is_terminating()),
        Belonging::Departing => Ok(false),
        Belonging::Foreign(owner) => Err(ConflictingOwner { kind: child.kind, name: child.name.clone(), owner }),
    }
}

/// Whether `found` is as `child`: every field has its value, and none is left from an earlier rendering.
fn is_converged(child: &Rendered, found: &Live) -> bool {
    let noted = child.object.pointer("/metadata/annotations").and_then(|all| all.get(labels::RENDERED)?.as_str());
    noted == found.annotation(labels::RENDERED) && is_as_rendered(&child.object, &found.value())
}

#[cfg(test)]
mod tests;
