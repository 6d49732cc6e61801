//! The files of the repository, and every rule applied to them.

use std::{fs, path::Path};

use anyhow::{Context, anyhow};
use walkdir::{DirEntry, WalkDir};

use crate::{
    direction, driver,
    manifest::{self, Manifest},
    name, role, size,
    source::Source,
    violation::Violation,
};

/// What the rules judge.
#[derive(Debug)]
pub struct Repository {
    /// Paths of all files from the root, with `/`; what builds and package managers leave is not among them.
    pub files: Vec<String>,
    /// Every Rust file.
    pub sources: Vec<Source>,
    /// Every package.
    pub members: Vec<Manifest>,
}

impl Repository {
    /// Reads the repository at `root`.
    ///
    /// # Errors
    /// Where a file can't be read, or a Rust file or manifest does not parse.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let mut repository = Self { files: files(root)?, sources: Vec::new(), members: Vec::new() };
        for path in &repository.files {
            let text = || fs::read_to_string(root.join(path)).with_context(|| format!("reading {path}"));
            if Path::new(path).extension().is_some_and(|ending| ending == "rs") {
                let source = Source::parse(path, text()?);
                repository.sources.push(source.map_err(|error| {
                    let line = error.span().start().line;
                    anyhow!("{path}:{line}: this is no Rust: {error}")
                })?);
            } else if path.ends_with("Cargo.toml") {
                let manifest = Manifest::parse(path, &text()?).with_context(|| format!("parsing {path}"))?;
                repository.members.extend(manifest);
            }
        }
        Ok(repository)
    }

    /// Everything that breaks a rule, exceptions not yet taken off.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found: Vec<Violation> = self.files.iter().flat_map(|path| name::path_violations(path)).collect();
        for source in &self.sources {
            found.extend(size::violations(source));
            found.extend(name::type_violations(source));
            found.extend(role::transport_violations(source));
            found.extend(role::separation_violations(source));
        }
        for member in &self.members {
            found.extend(manifest::version_violations(member));
            found.extend(driver::violations(member));
        }
        found.extend(direction::violations(&self.members));
        found
    }
}

fn files(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut paths = Vec::new();
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(is_ours) {
        let entry = entry?;
        if entry.file_type().is_file() {
            paths.push(entry.path().strip_prefix(root)?.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(paths)
}

fn is_ours(entry: &DirEntry) -> bool {
    !matches!(entry.file_name().to_str(), Some("target" | "node_modules" | ".git"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::violation::Rule;

    /// A repository of these files.
    fn rules_broken(files: &[(&str, &str)]) -> Vec<(Rule, String)> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = Repository::read(root.path()).unwrap().violations();
        found.into_iter().map(|violation| (violation.rule, violation.file)).collect()
    }

    #[test]
    fn every_rule_is_applied() {
        let long = format!("//! A.\nfn f(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) {{\n{}}}", "    g();\n".repeat(400));
        let core = "[package]\nname = \"photo-core\"\n[dependencies]\nphoto-worker.workspace = true\nredis = \"1\"\n";
        let mut found = rules_broken(&[
            ("crates/core/Cargo.toml", core),
            ("crates/core/src/lib.rs", &long),
            ("crates/core/src/a/mod.rs", "struct RoomManager;"),
            ("gateway/src/api.rs", "//! A.\nuse crate::storage;\nuse socketioxide::SocketIo;"),
            ("worker/Cargo.toml", "[package]\nname = \"photo-worker\"\n"),
        ]);
        found.sort();
        let expected = [
            (Rule::FileLength, "crates/core/src/lib.rs"),
            (Rule::FunctionLength, "crates/core/src/lib.rs"),
            (Rule::ParameterCount, "crates/core/src/lib.rs"),
            (Rule::FileHeader, "crates/core/src/a/mod.rs"),
            (Rule::ModuleFile, "crates/core/src/a/mod.rs"),
            (Rule::Name, "crates/core/src/a/mod.rs"),
            (Rule::WorkspaceDependency, "crates/core/Cargo.toml"),
            (Rule::ImportDirection, "crates/core/Cargo.toml"),
            (Rule::DriverPlace, "crates/core/Cargo.toml"),
            (Rule::TransportPlace, "gateway/src/api.rs"),
            (Rule::RoleSeparation, "gateway/src/api.rs"),
        ];
        assert_eq!(found, expected.map(|(rule, file)| (rule, file.to_owned())));
    }

    #[test]
    fn a_file_that_does_not_parse_is_named_with_its_line() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.rs"), "//! A.\nfn a() {}\n<<<<<<< ours\n").unwrap();
        let error = Repository::read(root.path()).unwrap_err().to_string();
        assert!(error.starts_with("a.rs:3: "), "{error}");
    }

    #[test]
    fn what_builds_and_package_managers_leave_is_not_judged() {
        let left = ["target/a.rs", "tests/browser/node_modules/helpers/b.js", ".git/info/exclude"];
        assert_eq!(rules_broken(&left.map(|path| (path, "struct Manager;"))), []);
    }
}
