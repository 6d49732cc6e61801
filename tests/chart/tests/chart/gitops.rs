//! The samples for Argo CD, Flux and Kubernetes: they fit the chart, the repository and the types of both kinds.

use std::fs;

use photo_chart::{
    helm::Helm,
    manifest::{self, kind, text},
    repository,
};
use photo_operator::api::{PhotoPlatform, ProcessingPipeline};
use serde_json::Value;

fn objects(file: &str) -> Vec<Value> {
    manifest::objects(&fs::read_to_string(repository::path(file)).unwrap()).unwrap()
}

fn only(file: &str, wanted: &str) -> Value {
    objects(file).into_iter().find(|object| kind(object) == wanted).unwrap()
}

/// Renders the chart with the values of a sample.
fn render_with(values: &Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("values.yaml");
    fs::write(&file, serde_json::to_string(values).unwrap()).unwrap();
    for helm in Helm::BOTH {
        helm.template(&file, &[]).unwrap();
    }
}

#[test]
fn the_sample_of_argo_fits_the_chart() {
    let application = only("config/gitops/argo/operator.yaml", "Application");
    assert!(repository::path(text(&application, "/spec/source/path")).join("Chart.yaml").exists());
    render_with(application.pointer("/spec/source/helm/valuesObject").unwrap());
    let platform = only("config/gitops/argo/platform.yaml", "Application");
    let folder = repository::path(text(&platform, "/spec/source/path"));
    assert!(folder.join(text(&platform, "/spec/source/directory/include")).exists());
}

#[test]
fn the_sample_of_flux_fits_the_chart() {
    let release = only("config/gitops/flux/operator.yaml", "HelmRelease");
    assert!(repository::path(text(&release, "/spec/chart/spec/chart")).join("Chart.yaml").exists());
    render_with(release.pointer("/spec/values").unwrap());
    let source = only("config/gitops/flux/source.yaml", "GitRepository");
    let platform = only("config/gitops/flux/platform.yaml", "Kustomization");
    for reference in [release.pointer("/spec/chart/spec/sourceRef"), platform.pointer("/spec/sourceRef")] {
        assert_eq!(text(reference.unwrap(), "/name"), manifest::name(&source));
    }
    let folder = text(&platform, "/spec/path").trim_start_matches("./");
    let kustomization = only(&format!("{folder}/kustomization.yaml"), "Kustomization");
    for resource in manifest::texts(&kustomization, "/resources") {
        assert!(repository::path(folder).join(resource).exists(), "{resource}");
    }
    assert_eq!(platform["spec"]["wait"], true);
}

#[test]
fn every_sample_for_kubernetes_is_of_our_kinds_and_whole() {
    let folder = repository::path("config/samples/kubernetes");
    let mut files = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let file = format!("config/samples/kubernetes/{}", entry.unwrap().file_name().to_string_lossy());
        let objects = objects(&file);
        let platforms: Vec<&str> =
            objects.iter().filter(|object| kind(object) == "PhotoPlatform").map(manifest::name).collect();
        let pipelines: Vec<&str> =
            objects.iter().filter(|object| kind(object) == "ProcessingPipeline").map(manifest::name).collect();
        assert_eq!(platforms.len() + pipelines.len(), objects.len(), "{file}");
        for object in &objects {
            if kind(object) == "PhotoPlatform" {
                let platform: PhotoPlatform =
                    serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{file}: {error}"));
                let default = platform.spec.default_pipeline_ref.unwrap();
                assert!(pipelines.contains(&default.name.as_str()), "{file}: {}", default.name);
            } else {
                let pipeline: ProcessingPipeline =
                    serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{file}: {error}"));
                assert!(platforms.contains(&pipeline.spec.platform_ref.name.as_str()), "{file}");
            }
        }
        files += 1;
    }
    assert_eq!(files, 2, "a sample came or went: tell the README of the samples");
}
