//! What is to be done, from what should be and what is.

use serde_json::{Value, json};

use super::*;
use crate::{children::OwnerKind, names::Component};

const FAMILY: Family<'static> =
    Family { kind: OwnerKind::PhotoPlatform, name: "photos", namespace: "team", uid: "u-1", platform: "photos" };

fn child(kind: ChildKind, name: &str, object: &Value) -> Rendered {
    FAMILY.child(Component::Redis, kind, name, object).unwrap()
}

fn map(text: &str) -> Rendered {
    child(ChildKind::ConfigMap, "photos-redis", &json!({"data": {"redis.conf": text}}))
}

/// An object as the API server has it, with `change` made to what was rendered.
fn live(rendered: &Rendered, change: impl FnOnce(&mut Value)) -> Live {
    let mut object = rendered.object.clone();
    object["metadata"]["uid"] = json!(format!("of {}", rendered.name));
    change(&mut object);
    Live::try_from(object).unwrap()
}

fn planned(rendered: Vec<Rendered>, live: &[(ChildKind, &Live)], claims: &[&Live]) -> Vec<Step> {
    let by_name = |kind, name: &str| {
        live.iter().find(|(other, live)| *other == kind && live.name() == name).map(|(_, live)| *live)
    };
    plan(&FAMILY, rendered, by_name, live, claims).unwrap()
}

#[test]
fn what_is_missing_is_looked_for_and_applied_in_the_order_of_kinds() {
    let service = child(ChildKind::Service, "photos-redis", &json!({}));
    let steps = planned(vec![service.clone(), map("a")], &[], &[]);
    assert_eq!(steps, [Step::LookThenApply(map("a")), Step::LookThenApply(service)]);
    assert_eq!(steps.iter().map(Step::kind_name).collect::<Vec<_>>(), ["ConfigMap", "Service"]);
}

#[test]
fn what_is_as_it_should_be_is_left_alone_and_what_is_not_is_applied() {
    let kind = ChildKind::ConfigMap;
    let one = |found: Live| planned(vec![map("a")], &[(kind, &found)], &[]);
    assert_eq!(one(live(&map("a"), |object| object["metadata"]["labels"]["theirs"] = json!("too"))), []);
    let repaired = [Step::Apply(map("a"))];
    assert_eq!(one(live(&map("a"), |object| object["data"]["redis.conf"] = json!("edited"))), repaired);
    // A field that is not rendered any more is still there: only the note on it tells.
    let fuller = child(kind, "photos-redis", &json!({"data": {"redis.conf": "a", "old": "b"}}));
    assert_eq!(one(live(&fuller, |_| ())), repaired);
}

#[test]
fn whose_an_object_is_decides_whether_it_is_taken() {
    let owned_by = |owner: Value| {
        live(&map("old"), |object| {
            object["metadata"]["ownerReferences"] = owner;
            object["metadata"]["annotations"][labels::OWNER_UID] = json!("u-0");
        })
    };
    let reference = |kind: &str, name: &str, uid: &str| {
        let version = "photoplatform.io/v1alpha1";
        json!([{"apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": true}])
    };
    let planned = |found: &Live| {
        let step = plan(&FAMILY, vec![map("a")], |_, _| Some(found), &[], &[]);
        step.map_err(|conflict| conflict.to_string())
    };
    let apply = Ok(vec![Step::Apply(map("a"))]);
    assert_eq!(planned(&owned_by(reference("PhotoPlatform", "photos", "u-1"))), apply, "ours");
    assert_eq!(planned(&owned_by(json!([]))), apply, "retained by a platform of this name");
    assert_eq!(planned(&owned_by(reference("PhotoPlatform", "photos", "u-0"))), Ok(vec![]), "goes with its platform");
    let foreign = planned(&owned_by(reference("ProcessingPipeline", "photos", "u-0"))).unwrap_err();
    assert!(foreign.contains("the ProcessingPipeline `photos`") && foreign.contains("`photos-redis`"), "{foreign}");
    let nobodys = live(&map("old"), |object| {
        object["metadata"].as_object_mut().unwrap().retain(|field, _| field == "name");
    });
    assert!(planned(&nobodys).unwrap_err().contains("somebody who did not make it for this"));
}

#[test]
fn what_is_on_its_way_out_is_waited_for() {
    let leaving = live(&map("old"), |object| object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z"));
    assert_eq!(planned(vec![map("a")], &[(ChildKind::ConfigMap, &leaving)], &[]), []);
    assert_eq!(planned(vec![], &[(ChildKind::ConfigMap, &leaving)], &[]), [], "it is not deleted twice");
}

#[test]
fn what_is_not_wanted_any_more_is_deleted_if_it_is_ours() {
    let service = live(&child(ChildKind::Service, "photos-redis", &json!({})), |_| ());
    let ours = live(&map("a"), |_| ());
    let theirs = live(&child(ChildKind::ConfigMap, "other", &json!({})), |object| {
        object["metadata"]["ownerReferences"][0]["uid"] = json!("u-0");
    });
    let present = [(ChildKind::ConfigMap, &ours), (ChildKind::ConfigMap, &theirs), (ChildKind::Service, &service)];
    let doomed = |kind| Doomed { kind, name: "photos-redis".to_owned(), uid: "of photos-redis".to_owned() };
    let expected = [Step::Delete(doomed(ChildKind::Service)), Step::Delete(doomed(ChildKind::ConfigMap))];
    assert_eq!(planned(vec![], &present, &[]), expected);
}

fn set(size: &str, image: &str) -> Rendered {
    let template = json!({
        "metadata": {"name": "redis"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
    });
    child(
        ChildKind::StatefulSet,
        "photos-redis",
        &json!({"spec": {"template": image, "volumeClaimTemplates": [template]}}),
    )
}

fn claim(name: &str, size: &str, phase: &str) -> Live {
    let claim = json!({
        "metadata": {"name": name}, "status": {"phase": phase},
        "spec": {"resources": {"requests": {"storage": size}}},
    });
    Live::try_from(claim).unwrap()
}

fn grow(name: &str, size: &str) -> Step {
    Step::Grow(Growing { name: name.to_owned(), size: size.to_owned() })
}

/// The image and the size of the templates of what is applied, for steps that apply.
fn applied(steps: &[Step]) -> Vec<(&str, &str)> {
    let applied = steps.iter().filter_map(|step| match step {
        Step::Apply(child) | Step::LookThenApply(child) => {
            let spec = &child.object["spec"];
            let size = &spec["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"];
            Some((spec["template"].as_str()?, size.as_str()?))
        }
        Step::Delete(_) | Step::DeleteOrphaning(_) | Step::Grow(_) => None,
    });
    applied.collect()
}

/// From the wish to the end, each state as the step before leaves it.
#[test]
fn a_volume_grows_claim_first_and_its_set_is_made_anew_without_its_pods() {
    let wanted = || vec![set("2Gi", "image")];
    let kind = ChildKind::StatefulSet;
    let before = live(&set("1Gi", "image"), |_| ());
    let small = claim("redis-photos-redis-0", "1Gi", "Bound");
    let first = planned(wanted(), &[(kind, &before)], &[&small]);
    assert_eq!(applied(&first), [("image", "1Gi")], "the size of a template can't be changed");
    assert_eq!(first[1..], [grow("redis-photos-redis-0", "2Gi")]);
    assert_eq!(first[1].kind_name(), "PersistentVolumeClaim");
    let Step::Apply(noted) = &first[0] else { panic!("{first:?}") };
    let noted = live(noted, |_| ());
    assert_eq!(planned(wanted(), &[(kind, &noted)], &[&small]), first[1..], "nothing but the claim is left");
    let large = claim("redis-photos-redis-0", "2048Mi", "Bound");
    let second = planned(wanted(), &[(kind, &noted)], &[&large]);
    let doomed = Doomed { kind, name: "photos-redis".to_owned(), uid: "of photos-redis".to_owned() };
    assert_eq!(second, [Step::DeleteOrphaning(doomed)]);
    let leaving = live(&set("1Gi", "image"), |object| {
        object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    });
    assert_eq!(planned(wanted(), &[(kind, &leaving)], &[&large]), []);
    assert_eq!(planned(wanted(), &[], &[&large]), [Step::LookThenApply(set("2Gi", "image"))]);
    assert_eq!(planned(wanted(), &[(kind, &live(&set("2Gi", "image"), |_| ()))], &[&large]), []);
}

#[test]
fn a_volume_that_cannot_grow_holds_nothing_else_up() {
    let before = live(&set("1Gi", "old"), |_| ());
    let small = claim("redis-photos-redis-0", "1Gi", "Bound");
    let steps = planned(vec![set("2Gi", "new"), map("a")], &[(ChildKind::StatefulSet, &before)], &[&small]);
    assert_eq!(applied(&steps), [("new", "1Gi")]);
    assert_eq!(steps.last(), Some(&grow("redis-photos-redis-0", "2Gi")));
    assert_eq!(steps.len(), 3);
}

#[test]
fn a_retained_claim_grows_to_what_its_new_platform_wants_and_never_shrinks() {
    let (small, large) = (claim("redis-photos-redis-0", "1Gi", "Bound"), claim("redis-photos-redis-0", "3Gi", "Bound"));
    let wanted = || vec![set("2Gi", "image")];
    let steps = planned(wanted(), &[], &[&small]);
    assert_eq!(steps, [Step::LookThenApply(set("2Gi", "image")), grow("redis-photos-redis-0", "2Gi")]);
    let after = live(&set("2Gi", "image"), |_| ());
    assert_eq!(planned(wanted(), &[(ChildKind::StatefulSet, &after)], &[&large]), []);
}

#[test]
fn only_claims_of_the_set_that_have_a_volume_grow() {
    let before = live(&set("1Gi", "image"), |object| object["metadata"]["annotations"][labels::RENDERED] = json!(""));
    let grown = |claims: &[&Live]| {
        let mut steps = planned(vec![set("2Gi", "image")], &[(ChildKind::StatefulSet, &before)], claims);
        steps.retain(|step| !matches!(step, Step::Apply(_)));
        steps
    };
    let pending = claim("redis-photos-redis-0", "1Gi", "Pending");
    assert_eq!(grown(&[&pending]), [], "its set is not made anew before it has grown");
    let others = ["redis-photos-redis-x", "redis-photos-0", "other-photos-redis-0", "redis-photos-redis"];
    let others = others.map(|name| claim(name, "1Gi", "Bound"));
    assert!(matches!(grown(&others.each_ref())[..], [Step::DeleteOrphaning(_)]), "a stopped set may have no claim");
}
