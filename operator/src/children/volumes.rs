//! Volumes that grow. The templates of a StatefulSet's claims can't be changed, so a larger size is brought to the claims
//! that are there, and once they all have it, the StatefulSet is deleted without its pods and made anew with it.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde_json::Value;

use super::{ChildKind, Live, Rendered};
use crate::amount::Amount;

/// A claim that is to grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growing {
    /// Its name.
    pub name: String,
    /// Its size from now on.
    pub size: String,
}

/// What the volumes of a child need.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Need {
    /// Claims that are smaller than wanted.
    pub growing: Vec<Growing>,
    /// Whether every claim is as large as wanted, and only the templates of the StatefulSet are not.
    pub is_anew: bool,
}

/// What the volumes of `child` need, which is `found` now. The sizes in its templates become those that `found` has:
/// they are all that can be applied to it.
pub(super) fn settle(child: &mut Rendered, found: Option<&Live>, claims: &[&Live]) -> Need {
    let mut need = Need::default();
    if child.kind != ChildKind::StatefulSet {
        return need;
    }
    let live = found.map(Live::value).unwrap_or_default();
    let (mut is_outgrown, mut is_waiting) = (false, false);
    for template in child.object.pointer_mut(TEMPLATES).and_then(Value::as_array_mut).into_iter().flatten() {
        let Some((name, wanted)) = name(template).zip(size(template)) else { continue };
        let prefix = format!("{name}-{}-", child.name);
        for claim in claims.iter().filter(|claim| is_numbered(claim.name(), &prefix) && !claim.is_terminating()) {
            let claimed = claim.value();
            if !is_smaller(size(&claimed).as_deref(), &wanted) {
                continue;
            }
            is_waiting = true;
            // One that has no volume yet can't grow; it is looked at again when it has.
            if phase(&claimed) == Some("Bound") {
                need.growing.push(Growing { name: claim.name().to_owned(), size: wanted.clone() });
            }
        }
        let templates = live.pointer(TEMPLATES).and_then(Value::as_array).into_iter().flatten();
        let Some(applied) = templates.filter(|other| self::name(other) == Some(name.clone())).find_map(size) else {
            continue;
        };
        is_outgrown |= is_smaller(Some(&applied), &wanted);
        if let Some(size) = template.pointer_mut(SIZE) {
            *size = applied.into();
        }
    }
    need.is_anew = is_outgrown && !is_waiting;
    need
}

/// Whether a claim has its volume.
pub fn is_bound(claim: &Live) -> bool {
    phase(&claim.value()) == Some("Bound")
}

/// How far a claim is that has not yet grown to what it asks for, in words.
pub fn unfinished(claim: &Live) -> Option<String> {
    let (wanted, has) = sizes(claim)?;
    let has = has?;
    is_smaller(Some(&has), &wanted).then(|| format!("the claim `{}` has {has} of {wanted}", claim.name()))
}

/// What a claim asks for, and what its volume has, where it has one.
pub fn sizes(claim: &Live) -> Option<(String, Option<String>)> {
    let claimed = claim.value();
    let capacity = claimed.pointer("/status/capacity/storage").and_then(Value::as_str);
    Some((size(&claimed)?, capacity.map(str::to_owned)))
}

const TEMPLATES: &str = "/spec/volumeClaimTemplates";
const SIZE: &str = "/spec/resources/requests/storage";

fn name(template: &Value) -> Option<String> {
    template.pointer("/metadata/name").and_then(Value::as_str).map(str::to_owned)
}

fn phase(claim: &Value) -> Option<&str> {
    claim.pointer("/status/phase").and_then(Value::as_str)
}

fn size(claim: &Value) -> Option<String> {
    claim.pointer(SIZE).and_then(Value::as_str).map(str::to_owned)
}

/// Whether a claim is one of a StatefulSet's: `<template>-<set>-<number of the pod>`.
fn is_numbered(claim: &str, prefix: &str) -> bool {
    claim.strip_prefix(prefix).is_some_and(|number| number.parse::<u32>().is_ok())
}

fn is_smaller(one: Option<&str>, wanted: &str) -> bool {
    let amount = |text: &str| Amount::of(&Quantity(text.to_owned())).ok();
    one.and_then(amount).zip(amount(wanted)).is_some_and(|(one, wanted)| one < wanted)
}
