//! What is taken, and the text of everything that is refused.

mod images;

use std::{fs, path::Path};

use super::*;

const PLATFORM: &str = "apiVersion: photoplatform.io/v1alpha1\nkind: PhotoPlatform\nmetadata: {name: home}\nspec: {}\n";
const PIPELINE: &str = "apiVersion: photoplatform.io/v1alpha1\nkind: ProcessingPipeline\nmetadata: {name: full}\n\
                        spec:\n  platformRef: {name: home}\n  stages:\n  - {name: check, type: Validation}\n";

fn read_text(text: &str) -> Result<Declaration, InvalidDocuments> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    fs::write(&path, text).unwrap();
    read(&[path])
}

/// The whole text of the refusal, with the file's folder left out.
fn refusal(documents: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    fs::write(&path, documents.join("---\n")).unwrap();
    let error = anyhow::Error::new(read(&[path]).unwrap_err());
    format!("{error:#}").replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn every_sample_is_read() {
    let samples = Path::new(env!("REPOSITORY")).join("config/samples");
    let names = |files: &[&str]| {
        let paths: Vec<PathBuf> = files.iter().map(|file| samples.join(file)).collect();
        let declaration = read(&paths).unwrap_or_else(|error| panic!("{files:?}: {:#}", anyhow::Error::new(error)));
        let pipelines: Vec<String> = declaration.pipelines.iter().map(|(name, _)| name.to_string()).collect();
        (declaration.name.to_string(), pipelines)
    };
    let expected = |pipelines: &[&str]| ("quickstart".to_owned(), pipelines.iter().map(|&name| name.into()).collect());
    assert_eq!(names(&["quickstart.yaml"]), expected(&["full-processing"]));
    assert_eq!(
        names(&["quickstart.yaml", "quick-processing.yaml"]),
        expected(&["full-processing", "quick-processing"])
    );
    assert_eq!(
        names(&["quickstart.yaml", "watermarked-processing.yaml"]),
        expected(&["full-processing", "watermarked-processing"])
    );
    assert_eq!(names(&["quickstart.yaml", "logo-processing.yaml"]), expected(&["full-processing", "logo-processing"]));
    // The platform of the quickstart alone, with the other sample of its pipeline.
    let quickstart = fs::read_to_string(samples.join("quickstart.yaml")).unwrap();
    let (platform, _) = quickstart.split_once("---\n").unwrap();
    let full = fs::read_to_string(samples.join("full-processing.yaml")).unwrap();
    assert_eq!(read_text(&[platform, &full].join("---\n")).unwrap().name.as_str(), "quickstart");
    let yaml = fs::read_dir(&samples).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count();
    assert_eq!(yaml, 5, "a new sample is read here too");
}

#[test]
fn what_a_server_adds_is_passed_over() {
    let printed = "apiVersion: photoplatform.io/v1alpha1\nkind: PhotoPlatform\nmetadata:\n  annotations:\n    \
                   kubectl.kubernetes.io/last-applied-configuration: |\n      {}\n  creationTimestamp: \
                   \"2026-01-01T00:00:00Z\"\n  generation: 2\n  labels: {team: photos}\n  managedFields:\n  - \
                   {manager: kubectl, operation: Apply, time: null}\n  name: home\n  namespace: photos\n  \
                   resourceVersion: \"1234\"\n  uid: 4b3c\nspec:\n  defaultPipelineRef: {name: full}\nstatus:\n  \
                   conditions: []\n";
    let declaration = read_text(&[printed, PIPELINE].join("---\n")).unwrap();
    assert_eq!(declaration.name.as_str(), "home");
    assert_eq!(declaration.spec.default_pipeline_ref.unwrap().name.as_str(), "full");
}

#[test]
fn a_list_of_objects_is_read_as_kubectl_prints_it() {
    let items = [PLATFORM, PIPELINE].map(|item| format!("- {}", item.trim_end().replace('\n', "\n  ")));
    let list =
        format!("apiVersion: v1\nitems:\n{}\nkind: List\nmetadata: {{resourceVersion: \"\"}}\n", items.join("\n"));
    let declaration = read_text(&list).unwrap();
    assert_eq!((declaration.name.as_str(), declaration.pipelines.len()), ("home", 1));
    let said = refusal(&[&list.replace("kind: ProcessingPipeline", "kind: Pipeline")]);
    assert!(said.starts_with("a.yaml, document 1 (line 1), item 2: kind is `Pipeline`; expected"), "{said}");
    let said = refusal(&[&list.replace("type: Validation", "type: Validation, sharpen: 3")]);
    assert!(
        said.starts_with("a.yaml, document 1 (line 1), item 2 can't be read as") && said.contains("sharpen"),
        "{said}"
    );
}

#[test]
fn json_is_read_too() {
    let platform = r#"{"apiVersion": "photoplatform.io/v1alpha1", "kind": "PhotoPlatform",
        "metadata": {"name": "home"}, "spec": {}}"#;
    assert_eq!(read_text(&format!("{platform}\n---\n{PIPELINE}")).unwrap().name.as_str(), "home");
}

#[test]
fn fields_that_do_not_exist_are_named_with_their_line() {
    let pipeline = PIPELINE.replace("type: Validation", "type: Validation, sharpen: 3");
    let said = refusal(&[PLATFORM, &pipeline]);
    assert!(said.starts_with("a.yaml, document 2 (line 6) can't be read as a ProcessingPipeline:\n"), "{said}");
    assert!(said.contains("sharpen") && said.contains("a.yaml:12:"), "{said}");
    let platform = PLATFORM.replace("spec: {}", "spec:\n  gateway:\n    upload: {maxBites: 5}");
    let said = refusal(&[&platform, PIPELINE]);
    assert!(said.contains("document 1 (line 1)") && said.contains("maxBites") && said.contains("a.yaml:6:"), "{said}");
    for (right, wrong) in [("metadata: {", "metadata: {label: x, "), ("spec: {}", "spec: {}\nreplicas: 2")] {
        let said = refusal(&[&PLATFORM.replace(right, wrong), PIPELINE]);
        assert!(said.contains("unknown field"), "{said}");
    }
}

#[test]
fn a_watermark_that_the_font_can_not_show_is_refused_with_its_characters() {
    let mark = "{name: mark, type: Watermark, watermark: {text: \"Ana 漢\"}}\n  - {name: slim, type: Optimization}";
    let said = refusal(&[PLATFORM, &pipeline("{name: check, type: Validation}", mark)]);
    assert!(said.starts_with("a.yaml, document 2 (line 6): the ProcessingPipeline `full` is not valid"), "{said}");
    assert!(said.contains("the watermark `mark` can't be shown") && said.contains("`漢` (U+6F22)"), "{said}");
}

#[test]
fn what_is_no_object_is_refused_with_its_line() {
    for (text, line) in [("a: [1\n", "a.yaml:"), ("just text\n", "a.yaml:1:"), ("- a\n", "a.yaml:1:")] {
        let said = refusal(&[text]);
        assert!(said.starts_with("a.yaml, document 1 (line 1) can't be read as an object of the API:\n"), "{said}");
        assert!(said.contains(line), "{said}");
    }
}

fn pipeline(right: &str, wrong: &str) -> String {
    PIPELINE.replace(right, wrong)
}

fn platform(right: &str, wrong: &str) -> String {
    PLATFORM.replace(right, wrong)
}

fn assert_refusals(cases: &[(&[&str], &str)]) {
    for (documents, expected) in cases {
        assert_eq!(refusal(documents), *expected);
    }
}

#[test]
fn a_document_that_is_wrong_by_itself_is_refused_with_its_place_and_what_to_do() {
    assert_refusals(&[
        (
            &[&platform("/v1alpha1", "/v1"), PIPELINE],
            "a.yaml, document 1 (line 1): apiVersion is `photoplatform.io/v1`; write `apiVersion: \
             photoplatform.io/v1alpha1`",
        ),
        (
            &[&platform("apiVersion: photoplatform.io/v1alpha1\n", "")],
            "a.yaml, document 1 (line 1): apiVersion is missing; write `apiVersion: photoplatform.io/v1alpha1`",
        ),
        (
            &[PLATFORM, &pipeline("ProcessingPipeline", "Pipeline")],
            "a.yaml, document 2 (line 6): kind is `Pipeline`; expected `kind: PhotoPlatform` or `kind: \
             ProcessingPipeline`",
        ),
        (
            &[PLATFORM, &pipeline("kind: ProcessingPipeline\n", "")],
            "a.yaml, document 2 (line 6): kind is missing; expected `kind: PhotoPlatform` or `kind: \
             ProcessingPipeline`",
        ),
        (
            &[PLATFORM, &pipeline("\n  - {name: check, type: Validation}", " []")],
            "a.yaml, document 2 (line 6): the ProcessingPipeline `full` is not valid: stages: a pipeline has 1 to 16 \
             stages, this one has 0",
        ),
    ]);
}

#[test]
fn documents_that_do_not_fit_together_are_refused_with_their_places_and_what_to_do() {
    assert_refusals(&[
        (
            &[PLATFORM, PIPELINE, PIPELINE],
            "a.yaml, document 3 (line 14): a second ProcessingPipeline `full`, after the one in a.yaml, document 2 \
             (line 6); rename or remove either",
        ),
        (
            &[PLATFORM, PIPELINE, PLATFORM],
            "a.yaml, document 3 (line 14): a second PhotoPlatform, after the one in a.yaml, document 1 (line 1); one \
             process runs one platform: remove either",
        ),
        (&[PIPELINE], "the documents hold no PhotoPlatform: add one, such as that of config/samples/quickstart.yaml"),
        (&[PLATFORM], "the documents hold no ProcessingPipeline: add one, such as config/samples/full-processing.yaml"),
        (
            &["# nothing\n"],
            "the documents hold no PhotoPlatform: add one, such as that of config/samples/quickstart.yaml",
        ),
        (
            &[PLATFORM, &pipeline("platformRef: {name: home}", "platformRef: {name: work}")],
            "a.yaml, document 2 (line 6): the pipeline `full` is of the platform `work`, but the platform here is \
             `home`; change its spec.platformRef.name or leave the pipeline out",
        ),
        (
            &[&platform("name: home", "name: home, namespace: a"), &pipeline("name: full", "name: full, namespace: b")],
            "a.yaml, document 2 (line 6): the pipeline `full` is in the namespace `b`, but its platform is in `a`; \
             give both the same metadata.namespace",
        ),
        (
            &[&platform("spec: {}", "spec: {defaultPipelineRef: {name: quick}}"), PIPELINE],
            "a.yaml, document 1 (line 1): the default pipeline `quick` is not among the documents, which hold `full`; \
             add it or change spec.defaultPipelineRef.name",
        ),
    ]);
}

#[test]
fn what_an_api_server_would_refuse_is_refused_here_too() {
    let second = "type: Validation}\n  - {name: ";
    assert_refusals(&[
        (
            &[&platform("name: home", "name: 1home"), PIPELINE],
            "a.yaml, document 1 (line 1): metadata.name: `1home` is no name of a platform or pipeline; use 1 to 40 of \
             a-z, 0-9 and -, beginning with a letter and ending with a letter or digit: the names of its parts are longer",
        ),
        (
            &[PLATFORM, &pipeline("type: Validation}", &format!("{second}check, type: Metadata}}"))],
            "a.yaml, document 2 (line 6): the ProcessingPipeline `full` is not valid: stages: two stages are named \
             `check`; rename one",
        ),
        (
            &[PLATFORM, &pipeline("type: Validation}", "type: Validation, dependsOn: [later]}")],
            "a.yaml, document 2 (line 6): the ProcessingPipeline `full` is not valid: stages: `check` depends on \
             `later`, which is not among the stages before it; list `later` earlier",
        ),
        (
            &[PLATFORM, &pipeline("type: Validation}", "type: Validation, metadata: {}}")],
            "a.yaml, document 2 (line 6): the ProcessingPipeline `full` is not valid: spec.stages: `check` has the block \
             `metadata` of another type: keep only the block of its own `type`",
        ),
    ]);
    let said = refusal(&[PLATFORM, &pipeline("  platformRef: {name: home}\n", "")]);
    assert!(said.contains("can't be read as a ProcessingPipeline") && said.contains("platformRef"), "{said}");
}

#[test]
fn a_pipeline_that_is_not_to_run_waits_and_a_platform_is_not_started() {
    let waiting = |operation: &str| {
        let pipeline = pipeline("spec:\n", &format!("spec:\n  operation: {operation}\n"));
        let waiting = read_text(&[PLATFORM, &pipeline].join("---\n")).unwrap().waiting;
        waiting.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(waiting("Running"), Vec::<String>::new());
    assert_eq!(waiting("Paused"), ["full"]);
    assert_eq!(waiting("Stopped"), ["full"]);
    assert_refusals(&[(
        &[&platform("spec: {}", "spec: {operation: Stopped}"), PIPELINE],
        "a.yaml, document 1 (line 1): the platform `home` has `operation: Stopped`; a process is what runs it, so here \
         it must be Running: change it, or start nothing",
    )]);
}

#[test]
fn what_is_meant_for_a_cluster_is_taken_and_told() {
    let platform = platform("spec: {}", "spec: {gateway: {replicas: 3}, images: {worker: \"w:1\"}}");
    let pipeline = pipeline("spec:\n", "spec:\n  replicas: 4\n");
    let declaration = read_text(&[platform, pipeline].join("---\n")).unwrap();
    assert_eq!(declaration.passed_over, ["spec.gateway.replicas", "spec.images", "spec.replicas of `full`"]);
}

#[test]
fn files_that_are_not_there_are_named() {
    let error = read(&["no/such.yaml".into()]).unwrap_err();
    assert_eq!(
        format!("{:#}", anyhow::Error::new(error)),
        "can't read no/such.yaml: No such file or directory (os error 2)"
    );
    let folder = tempfile::tempdir().unwrap();
    let error = read(&[folder.path().to_owned()]).unwrap_err();
    assert!(error.to_string().ends_with("the folder holds no file that ends in .yaml, .yml or .json"), "{error}");
}
