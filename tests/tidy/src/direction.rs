//! Which of our crates may import which: core below, stages, runtime and adapters on it, binaries on top.

use std::collections::BTreeSet;

use crate::{
    manifest::Manifest,
    violation::{Rule, Violation},
};

/// A package and the members of the workspace that may be part of it. Crates of tests and benches are free, and nothing
/// imports them.
const MAY_IMPORT: [(&str, &[&str]); 9] = [
    ("photo-core", &[]),
    ("photo-jpeg", &[]),
    ("photo-stages", &["photo-core", "photo-jpeg"]),
    ("photo-runtime", &["photo-core"]),
    ("photo-adapters", &["photo-core", "photo-runtime"]),
    ("photo-gateway", &["photo-adapters", "photo-core", "photo-runtime", "photo-stages"]),
    ("photo-worker", &["photo-adapters", "photo-core", "photo-runtime", "photo-stages"]),
    ("photo-operator", &["photo-adapters", "photo-core", "photo-runtime"]),
    (
        "photo-local",
        &[
            "photo-adapters",
            "photo-core",
            "photo-gateway",
            "photo-operator",
            "photo-runtime",
            "photo-stages",
            "photo-worker",
        ],
    ),
];

/// Judges the imports of every member of the workspace against the table above.
pub fn violations(members: &[Manifest]) -> Vec<Violation> {
    let packages: BTreeSet<&str> = members.iter().map(|member| member.package.as_str()).collect();
    let mut found = Vec::new();
    for member in members.iter().filter(|member| !member.is_beside_the_platform()) {
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(package, _)| *package == member.package) else {
            found.push(unknown_member(member));
            continue;
        };
        for dependency in member.built_in().filter(|dependency| packages.contains(dependency.name.as_str())) {
            if !allowed.contains(&dependency.name.as_str()) {
                let text = format!("`{}` imports `{}`", member.package, dependency.name);
                found.push(member.violation(dependency, Rule::ImportDirection, text));
            }
        }
    }
    found
}

fn unknown_member(member: &Manifest) -> Violation {
    Violation {
        file: member.path.clone(),
        line: 1,
        rule: Rule::ImportDirection,
        subject: member.package.clone(),
        found: format!("`{}` has no line in the table of tests/tidy/src/direction.rs", member.package),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(folder: &str, package: &str, dependencies: &str) -> Manifest {
        let text = format!("[package]\nname = \"{package}\"\n{dependencies}");
        Manifest::parse(&format!("{folder}/Cargo.toml"), &text).unwrap().unwrap()
    }

    /// The workspace with one member's dependencies replaced.
    fn workspace(package: &str, dependencies: &str) -> Vec<Manifest> {
        let members = [
            ("crates/core", "photo-core"),
            ("crates/stages", "photo-stages"),
            ("crates/adapters", "photo-adapters"),
            ("gateway", "photo-gateway"),
            ("worker", "photo-worker"),
            ("tests/stack", "photo-stack"),
            ("bench/imaging", "photo-bench-imaging"),
            ("bench/path", "photo-bench-path"),
        ];
        let text = |name| if name == package { dependencies } else { "" };
        members.into_iter().map(|(folder, name)| member(folder, name, text(name))).collect()
    }

    fn subjects(members: &[Manifest]) -> Vec<String> {
        violations(members).into_iter().map(|violation| violation.subject).collect()
    }

    #[test]
    fn imports_against_the_direction_are_refused() {
        let cases = [
            ("photo-core", "photo-stages"),
            ("photo-stages", "photo-adapters"),
            ("photo-adapters", "photo-stages"),
            ("photo-gateway", "photo-worker"),
            ("photo-worker", "photo-gateway"),
            ("photo-gateway", "photo-stack"),
            ("photo-worker", "photo-bench-imaging"),
        ];
        for (package, imported) in cases {
            let members = workspace(package, &format!("[dependencies]\n{imported}.workspace = true\n"));
            assert_eq!(subjects(&members), [imported], "{package} imports {imported}");
        }
    }

    #[test]
    fn imports_with_the_direction_and_of_other_crates_are_kept() {
        let dependencies =
            "[dependencies]\nphoto-core.workspace = true\nphoto-stages.workspace = true\nserde = \"1\"\n";
        assert_eq!(subjects(&workspace("photo-worker", dependencies)), Vec::<String>::new());
    }

    #[test]
    fn what_a_package_uses_for_its_tests_has_no_direction() {
        let members = workspace("photo-core", "[dev-dependencies]\nphoto-stages.workspace = true\n");
        assert_eq!(subjects(&members), Vec::<String>::new());
    }

    #[test]
    fn crates_of_tests_and_benches_import_what_they_test() {
        for package in ["photo-stack", "photo-bench-imaging", "photo-bench-path"] {
            let members = workspace(package, "[dependencies]\nphoto-worker.workspace = true\n");
            assert_eq!(subjects(&members), Vec::<String>::new(), "{package}");
        }
    }

    #[test]
    fn a_new_crate_must_be_placed_first() {
        assert_eq!(subjects(&[member("crates/extra", "photo-extra", "")]), ["photo-extra"]);
    }
}
