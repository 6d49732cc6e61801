//! What the operator may: what it does, and nothing more.

use std::collections::{BTreeMap, BTreeSet};

use photo_chart::manifest::{items, kind, name, text, texts};
use photo_operator::children::ChildKind;
use serde_json::Value;

use crate::cases::{CASES, rendered};

/// Verbs by `group/resource`.
type Rights = BTreeMap<String, BTreeSet<String>>;

const CHILD_VERBS: [&str; 6] = ["get", "list", "watch", "create", "patch", "delete"];

/// The rights that rules give.
fn rights<'a>(rules: impl Iterator<Item = &'a Value>) -> Rights {
    let mut rights = Rights::new();
    for rule in rules {
        for group in texts(rule, "/apiGroups") {
            for resource in texts(rule, "/resources") {
                let verbs = texts(rule, "/verbs").into_iter().map(str::to_owned);
                rights.entry(format!("{group}/{resource}")).or_default().extend(verbs);
            }
        }
    }
    rights
}

/// The kinds that the operator makes, as `group/resource`.
fn children() -> BTreeSet<String> {
    let names = ChildKind::ALL.into_iter().map(ChildKind::names);
    names.map(|[group, _, _, plural]| format!("{group}/{plural}")).collect()
}

fn verbs<const N: usize>(verbs: [&str; N]) -> BTreeSet<String> {
    verbs.map(str::to_owned).into()
}

/// The roles of a release that hold rights on children.
fn main_roles(objects: &[Value]) -> Vec<&Value> {
    let is_role = |object: &&Value| matches!(kind(object), "Role" | "ClusterRole");
    let found = objects.iter().filter(is_role);
    found.filter(|role| rights(items(role, "/rules").iter()).contains_key("apps/deployments")).collect()
}

#[test]
fn the_operator_may_make_its_children_and_no_other_kind() {
    for case in CASES {
        let objects = rendered(case);
        for role in main_roles(&objects) {
            let rights = rights(items(role, "/rules").iter());
            for child in ChildKind::ALL {
                let [group, _, _, plural] = child.names();
                let found = rights.get(&format!("{group}/{plural}"));
                assert_eq!(found, Some(&verbs(CHILD_VERBS)), "{case}: {plural}");
            }
            let made =
                rights.iter().filter(|(_, verbs)| verbs.contains("create")).map(|(resource, _)| resource.as_str());
            let mut expected = children();
            expected.extend(["/secrets", "events.k8s.io/events"].map(str::to_owned));
            assert_eq!(made.map(str::to_owned).collect::<BTreeSet<_>>(), expected, "{case}");
        }
    }
}

#[test]
fn what_it_does_not_make_it_may_hardly_touch() {
    let expected = [
        ("/secrets", verbs(["get", "create", "patch"])),
        ("/pods", verbs(["list", "watch", "patch"])),
        ("apps/deployments/scale", verbs(["patch"])),
        ("metrics.k8s.io/pods", verbs(["list"])),
        ("/persistentvolumeclaims", verbs(["get", "list", "watch", "patch"])),
        ("events.k8s.io/events", verbs(["create", "patch"])),
        ("photoplatform.io/photoplatforms", verbs(["get", "list", "watch"])),
        ("photoplatform.io/photoplatforms/finalizers", verbs(["update"])),
        ("photoplatform.io/photoplatforms/status", verbs(["patch"])),
        ("photoplatform.io/processingpipelines", verbs(["get", "list", "watch"])),
        ("photoplatform.io/processingpipelines/finalizers", verbs(["update"])),
        ("photoplatform.io/processingpipelines/status", verbs(["patch"])),
    ];
    let children = children();
    for case in CASES {
        let objects = rendered(case);
        for role in main_roles(&objects) {
            let mut found = rights(items(role, "/rules").iter());
            found.retain(|resource, _| !children.contains(resource));
            let expected: Rights =
                expected.iter().map(|(resource, verbs)| ((*resource).to_owned(), verbs.clone())).collect();
            assert_eq!(found, expected, "{case}");
        }
    }
}

#[test]
fn no_role_holds_everything_or_a_way_to_it() {
    for case in CASES {
        for role in rendered(case).iter().filter(|object| matches!(kind(object), "Role" | "ClusterRole")) {
            for (resource, verbs) in rights(items(role, "/rules").iter()) {
                let place = format!("{case}: {}: {resource} {verbs:?}", name(role));
                assert!(!resource.contains('*') && verbs.iter().all(|verb| verb != "*"), "{place}");
                assert!(["escalate", "bind", "impersonate"].iter().all(|verb| !verbs.contains(*verb)), "{place}");
                let ways = ["rbac.authorization.k8s.io", "admissionregistration", "pods/exec", "/token", "/nodes"];
                assert!(ways.iter().all(|way| !resource.contains(way)), "{place}");
            }
            for rule in items(role, "/rules") {
                assert!(rule.get("nonResourceURLs").is_none(), "{case}: {}", name(role));
            }
        }
    }
}

/// Kind, namespace and name of each role that the operator's account is bound to.
fn bound(objects: &[Value]) -> Vec<(String, String, String)> {
    let account = objects.iter().find(|object| kind(object) == "ServiceAccount").unwrap();
    let bindings = objects.iter().filter(|object| kind(object).ends_with("RoleBinding"));
    let found = bindings.map(|binding| {
        for subject in items(binding, "/subjects") {
            assert_eq!(text(subject, "/name"), name(account));
            assert_eq!(text(subject, "/namespace"), text(account, "/metadata/namespace"));
        }
        let role = text(binding, "/roleRef/kind");
        assert_eq!(kind(binding), format!("{role}Binding"), "a binding of another kind widens or narrows a role");
        let namespace = text(binding, "/metadata/namespace");
        (role.to_owned(), namespace.to_owned(), text(binding, "/roleRef/name").to_owned())
    });
    found.collect()
}

#[test]
fn every_role_is_bound_and_every_binding_has_its_role() {
    for case in CASES {
        let objects = rendered(case);
        let is_for_users = |role: &&Value| {
            role["metadata"]["labels"].as_object().unwrap().keys().any(|label| label.contains("aggregate-to"))
        };
        let roles = objects.iter().filter(|object| matches!(kind(object), "Role" | "ClusterRole"));
        let mut roles: Vec<_> = roles
            .filter(|role| !is_for_users(role))
            .map(|role| (kind(role).to_owned(), text(role, "/metadata/namespace").to_owned(), name(role).to_owned()))
            .collect();
        let mut bound = bound(&objects);
        roles.sort();
        bound.sort();
        assert_eq!(roles, bound, "{case}");
    }
}

#[test]
fn a_namespaced_operator_has_rights_in_its_namespaces_only() {
    let objects = rendered("namespaced");
    let places: Vec<_> = bound(&objects).into_iter().map(|(kind, namespace, _)| (kind, namespace)).collect();
    let role = |namespace: &str| ("Role".to_owned(), namespace.to_owned());
    assert_eq!(places, [role("team-a"), role("team-b"), role("photos-system")]);
    let namespaced = objects.iter().all(|object| object["metadata"].get("namespace").is_some());
    assert!(namespaced, "something of this release belongs to no namespace");
    let storage_only = rendered("everything");
    let cluster_wide = bound(&storage_only).into_iter().filter(|(kind, _, _)| kind == "ClusterRole");
    assert_eq!(cluster_wide.map(|(_, _, name)| name).collect::<Vec<_>>(), ["photos-system:keeper:storage-classes"]);
}

#[test]
fn the_operator_may_take_its_own_lease_only() {
    for case in CASES {
        let objects = rendered(case);
        // Its name is the same in every release: two in one namespace would have one Lease.
        let role =
            objects.iter().find(|object| name(object) == "photo-operator-lease" && kind(object) == "Role").unwrap();
        let rules = items(role, "/rules");
        assert_eq!(rules.len(), 2);
        assert_eq!(texts(&rules[0], "/verbs"), ["create"]);
        assert_eq!(texts(&rules[1], "/verbs"), ["get", "update"]);
        assert_eq!(texts(&rules[1], "/resourceNames"), ["photo-operator"]);
        for rule in rules {
            assert_eq!(texts(rule, "/resources"), ["leases"]);
        }
    }
}

#[test]
fn users_get_their_part_of_both_kinds() {
    let objects = rendered("cluster");
    let of = |part: &str| {
        let label = format!("rbac.authorization.k8s.io/aggregate-to-{part}");
        let roles = objects.iter().filter(move |object| object["metadata"]["labels"].get(&label).is_some());
        rights(roles.flat_map(|role| items(role, "/rules")))
    };
    let read = verbs(["get", "list", "watch"]);
    let write = verbs(["create", "update", "patch", "delete", "deletecollection"]);
    for kind in ["photoplatform.io/photoplatforms", "photoplatform.io/processingpipelines"] {
        assert_eq!(of("view").get(kind), Some(&read));
        assert_eq!(of("edit").get(kind), Some(&write));
        assert_eq!(of("admin").get(kind), Some(&write));
        assert!(!of("edit").contains_key(&format!("{kind}/status")), "the status is the operator's");
    }
    assert_eq!(of("edit").get("photoplatform.io/processingpipelines/scale"), Some(&verbs(["update", "patch"])));
}
