//! Which documents a real API server takes and which it refuses, with the words that people read.

use std::fs;

use photo_e2e::{api_server::ApiServer, kubectl::Kubectl, program::Answer};

mod changes;
mod pipelines;
mod platforms;

/// Where the server complains, and what it says there at last.
type Complaint = (&'static str, &'static str);

/// A document of a kind with this name and spec.
fn document(kind: &str, name: &str, spec: &serde_json::Value) -> String {
    let header = serde_json::json!({"apiVersion": "photoplatform.io/v1alpha1", "kind": kind});
    let mut object = header;
    object["metadata"] = serde_json::json!({ "name": name });
    object["spec"] = spec.clone();
    object.to_string()
}

/// What the server says of a document that is not there yet; nothing is kept.
async fn asked(kubectl: &Kubectl, namespace: &str, document: &str) -> Answer {
    kubectl.run_in(namespace, &["create", "--dry-run=server", "-f", "-"], document).await.unwrap()
}

/// What is wrong with an answer that should be this complaint alone, or none.
fn deviation(answer: &Answer, expected: Option<&Complaint>) -> Option<String> {
    let Some((path, words)) = expected else {
        return (!answer.ok).then(|| format!("it is refused: {}", answer.text));
    };
    let found = complaints(&answer.text);
    let right = match found.as_slice() {
        [only] => only.starts_with(&format!("{path}: ")) && only.ends_with(words),
        _ => false,
    };
    (answer.ok || !right).then(|| format!("`{path}: … {words}` is expected, it says: {}", answer.text))
}

/// The server's complaints, one for each fault. It also says that faults keep it from looking for more.
fn complaints(text: &str) -> Vec<&str> {
    let complaints = match text.split_once(" is invalid: ") {
        Some((_, list)) if list.starts_with('\n') => list.split("\n* ").filter(|line| !line.is_empty()).collect(),
        Some((_, one)) => vec![one],
        None => text.split_once("cannot be handled as a ").map(|(_, one)| one).into_iter().collect::<Vec<_>>(),
    };
    complaints.into_iter().filter(|line| !line.contains("some validation rules were not checked")).collect()
}

/// Judges documents that are new, several at a time.
async fn judge(kind: &str, cases: Vec<(serde_json::Value, Option<Complaint>)>) {
    use futures::StreamExt;
    let server = ApiServer::start().await.unwrap();
    let (kubectl, namespace) = (server.kubectl(), server.namespace().await.unwrap());
    let asking = cases.iter().map(async |(spec, expected)| {
        let answer = asked(&kubectl, &namespace, &document(kind, "some", spec)).await;
        deviation(&answer, expected.as_ref()).map(|text| format!("{spec}\n  {text}"))
    });
    let deviations: Vec<String> =
        futures::stream::iter(asking).buffered(4).filter_map(std::future::ready).collect().await;
    assert!(deviations.is_empty(), "{}", deviations.join("\n"));
}

#[tokio::test]
async fn every_sample_is_taken() {
    let server = ApiServer::start().await.unwrap();
    let namespace = server.namespace().await.unwrap();
    let folder = concat!(env!("REPOSITORY"), "config/samples");
    let mut samples = 0;
    let files = |folder: &str| fs::read_dir(folder).unwrap();
    for entry in files(folder).chain(files(&format!("{folder}/kubernetes"))) {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let answer = asked(&server.kubectl(), &namespace, &fs::read_to_string(&path).unwrap()).await;
            assert!(answer.ok, "{}: {}", path.display(), answer.text);
            samples += 1;
        }
    }
    assert!(samples >= 5, "{samples} samples");
}

#[tokio::test]
async fn a_name_leaves_room_for_the_names_of_parts() {
    let server = ApiServer::start().await.unwrap();
    let namespace = server.namespace().await.unwrap();
    let rule = "1 to 40 of a-z, 0-9 and -, beginning with a letter and ending with a letter or digit: \
                the names of its parts are longer";
    let platform = serde_json::json!({});
    let pipeline = pipelines::of(&serde_json::json!([{"name": "a", "type": "Metadata"}]));
    for (name, words) in [
        ("a".repeat(40).as_str(), None),
        ("a".repeat(41).as_str(), Some(rule)),
        ("1a", Some(rule)),
        ("a.b", Some(rule)),
        (
            "Upper",
            Some(
                "(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            ),
        ),
    ] {
        for (kind, spec) in [("PhotoPlatform", &platform), ("ProcessingPipeline", &pipeline)] {
            let answer = asked(&server.kubectl(), &namespace, &document(kind, name, spec)).await;
            let rest: Vec<_> = complaints(&answer.text).into_iter().filter(|line| !line.ends_with(rule)).collect();
            match words {
                None => assert!(answer.ok, "{name}: {}", answer.text),
                Some(words) if words == rule => {
                    assert_eq!(deviation(&answer, Some(&("metadata.name", rule))), None, "{name}");
                }
                // Kubernetes has its own words for what no object may be called.
                Some(words) => assert!(rest.iter().any(|line| line.ends_with(words)), "{name}: {}", answer.text),
            }
        }
    }
}
