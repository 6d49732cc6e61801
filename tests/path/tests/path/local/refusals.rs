//! Starts that are refused: the code, and a text that says what to do.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use photo_stack::local::LocalPlatform;

use super::{place, quickstart, start};

/// Runs `photo-local` to its end; its code, and what it says on standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(arguments).output().unwrap();
    (output.status.code(), said(&output))
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(LocalPlatform::program().unwrap());
    command.args(arguments);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The quickstart with something of it replaced, in a file.
fn changed(folder: &Path, right: &str, wrong: &str) -> PathBuf {
    let yaml = fs::read_to_string(quickstart()).unwrap();
    assert!(yaml.contains(right), "{right}");
    let path = folder.join("changed.yaml");
    fs::write(&path, yaml.replace(right, wrong)).unwrap();
    path
}

#[test]
fn documents_that_are_wrong_end_the_start_with_the_place_and_what_to_do() {
    let (place, folder) = place();
    for (right, wrong, expected) in [
        ("defaultPipelineRef:", "defaultPipeline:", "changed.yaml:8:"),
        ("defaultPipelineRef:", "defaultPipeline:", "defaultPipeline"),
        ("kind: PhotoPlatform", "kind: Platform", "document 1 (line 2): kind is `Platform`; expected"),
        ("name: quickstart\n  stages", "name: other\n  stages", "is of the platform `other`"),
        ("    name: full-processing\n---", "    name: other\n---", "default pipeline `other` is not among"),
        ("type: Validation", "type: Sharpening", "Sharpening"),
    ] {
        let file = changed(place.path(), right, wrong);
        let (code, said) = run(&["--port", "0", "--data-dir", text(&folder), "-f", text(&file)]);
        assert_eq!(code, Some(1), "{wrong}: {said}");
        assert!(said.starts_with("photo-local: ") && said.contains(expected), "{wrong}: {said}");
        assert!(!folder.exists(), "nothing is made for documents that are wrong");
    }
}

#[test]
fn a_command_line_that_is_wrong_ends_with_two() {
    for arguments in [&[][..], &["-f"], &["--porto", "1", "-f", "a.yaml"], &["upload"], &["--port", "x", "-f", "a"]] {
        let (code, said) = run(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains("--help"), "{said}");
    }
}

#[test]
fn a_port_in_use_is_named_with_the_flag_that_chooses_another() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (_place, folder) = place();
    let (code, said) = run(&["--port", &port, "--data-dir", text(&folder), "-f", text(&quickstart())]);
    assert_eq!(code, Some(1), "{said}");
    let expected =
        format!("photo-local: port {port} is in use: stop the other process or choose another with --port\n");
    assert!(said.ends_with(&expected), "{said}");
}

#[tokio::test]
async fn a_folder_in_use_is_named_with_who_uses_it() {
    let (_place, folder) = place();
    let platform = start(&folder).await;
    let (code, said) = run(&["--port", "0", "--data-dir", text(&folder), "-f", text(&quickstart())]);
    assert_eq!(code, Some(1), "{said}");
    let expected = format!(
        "photo-local: the folder {} is in use by another photo-local at {} (process {}): stop it, or name another with \
         --data-dir\n",
        folder.display(),
        platform.url(),
        platform.process.pid()
    );
    assert!(said.ends_with(&expected), "{said}");
    assert!(platform.photos_of("alice").unwrap().list().await.unwrap().is_empty(), "the first one serves on");
}

#[tokio::test]
async fn a_folder_of_another_platform_is_refused() {
    let (place, folder) = place();
    let platform = start(&folder).await;
    platform.process.kill();
    let other = changed(place.path(), "name: quickstart", "name: other");
    let (code, said) = run(&["--port", "0", "--data-dir", text(&folder), "-f", text(&other)]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("holds the photos of another platform than `other`"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let (place, _) = place();
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    let folder = file.join("platform");
    let (code, said) = run(&["--port", "0", "--data-dir", text(&folder), "-f", text(&quickstart())]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("can't make the folder {}", folder.display())), "{said}");
}
