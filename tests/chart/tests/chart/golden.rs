//! What Helm makes of each table of values: the same with both versions, and the same as in `tests/golden`.

use std::{env, fs, path::Path};

use photo_chart::{
    helm::{Helm, notes},
    repository,
};

use crate::cases::{CASES, values_of};

/// Without empty lines, whose number differs between the versions.
fn dense(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.join("\n") + "\n"
}

/// The definitions are left out: they are compared with their source elsewhere.
fn without_definitions(text: &str) -> String {
    let documents = text.split("---\n").filter(|document| !document.contains("\nkind: CustomResourceDefinition\n"));
    documents.collect::<Vec<_>>().join("---\n")
}

fn compare(file: &Path, found: &str) {
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(file, found).unwrap();
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    assert!(
        expected == found,
        "{} is not what Helm renders now: look at the difference after UPDATE_GOLDEN=1",
        file.display()
    );
}

#[test]
fn both_versions_render_what_is_written_down() {
    for case in CASES {
        for helm in Helm::BOTH {
            let text = dense(&without_definitions(&helm.template(&values_of(case), &[]).unwrap()));
            compare(&repository::chart("tests/golden").join(format!("{case}.yaml")), &text);
        }
    }
}

#[test]
fn users_are_told_what_is_written_down() {
    for case in CASES {
        let notes = notes(&values_of(case)).unwrap();
        compare(&repository::chart("tests/golden").join(format!("{case}.notes.txt")), &notes);
    }
}

#[test]
fn both_versions_have_nothing_to_say_against_the_chart() {
    for case in CASES {
        for helm in Helm::BOTH {
            let said = helm.lint(&values_of(case)).unwrap();
            assert!(said.contains("1 chart(s) linted, 0 chart(s) failed"), "{helm:?}, {case}: {said}");
            assert!(!said.contains("[WARNING]") && !said.contains("[ERROR]"), "{helm:?}, {case}: {said}");
        }
    }
}
