//! The definitions of both kinds: part of the release, the same as in `crds/`, and left alone by an uninstall.

use std::fs;

use photo_chart::{
    helm::Helm,
    manifest::{self, kind, name},
    repository,
};
use serde_json::{Value, json};

use crate::cases::values_of;

const FILES: [&str; 2] = ["photoplatforms.yaml", "processingpipelines.yaml"];

fn definitions(helm: Helm, more: &[&str]) -> Vec<Value> {
    let text = helm.template(&values_of("cluster"), more).unwrap();
    let objects = manifest::objects(&text).unwrap();
    objects.into_iter().filter(|object| kind(object) == "CustomResourceDefinition").collect()
}

fn own(file: &str) -> Value {
    let text = fs::read_to_string(repository::path("crds").join(file)).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

#[test]
fn the_chart_holds_the_definitions_of_the_repository() {
    for file in FILES {
        let own = fs::read_to_string(repository::path("crds").join(file)).unwrap();
        let copy = fs::read_to_string(repository::chart("files/crds").join(file)).unwrap_or_default();
        assert!(own == copy, "{file} of the chart is not that of crds/: run `make chart`");
    }
    let held = fs::read_dir(repository::chart("files/crds")).unwrap().count();
    assert_eq!(held, FILES.len(), "the chart holds files that are no definitions of ours");
    assert!(!repository::chart("crds").exists(), "Helm never upgrades what is in a chart's folder crds/");
}

#[test]
fn they_are_rendered_as_they_are_and_kept() {
    for helm in Helm::BOTH {
        let found = definitions(helm, &[]);
        assert_eq!(found.len(), FILES.len());
        for (definition, file) in found.iter().zip(FILES) {
            let own = own(file);
            assert_eq!(name(definition), name(&own));
            assert_eq!(definition["spec"], own["spec"], "{file}, {helm:?}");
            assert_eq!(definition["metadata"]["annotations"], json!({"helm.sh/resource-policy": "keep"}));
            assert_eq!(definition["metadata"]["labels"]["app.kubernetes.io/name"], "photo-operator");
        }
    }
}

#[test]
fn large_bounds_stay_whole_numbers() {
    let text = Helm::Three.template(&values_of("cluster"), &[]).unwrap();
    assert!(text.contains("10737418240"), "the definitions have lost a bound that this test goes by");
    assert!(!text.contains("e+10"), "Helm has written numbers anew");
}

#[test]
fn a_release_can_leave_them_out_or_take_them_along() {
    assert!(definitions(Helm::Four, &["--set", "crds.enabled=false"]).is_empty());
    for definition in definitions(Helm::Four, &["--set", "crds.keep=false"]) {
        assert_eq!(definition["metadata"].get("annotations"), None);
    }
}

#[test]
fn the_chart_has_the_version_of_the_programs() {
    let text = fs::read_to_string(repository::chart("Chart.yaml")).unwrap();
    let chart: Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(chart["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(chart["appVersion"], env!("CARGO_PKG_VERSION"));
}
