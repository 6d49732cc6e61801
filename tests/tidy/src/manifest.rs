//! What a Cargo manifest says: the package's name and what it depends on, with the line of each dependency.

use toml::{Table, Value};

use crate::violation::{Rule, Violation};

/// When a dependency is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It becomes part of the package, or runs while it is built.
    Package,
    /// For the package's own tests only.
    Tests,
}

/// One line of a manifest's dependency tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The crate's name on the registry or in the workspace.
    pub name: String,
    /// When it is built.
    pub purpose: Purpose,
    /// Whether its version comes from the workspace's table.
    pub from_workspace: bool,
    /// Line in the manifest, from 1.
    pub line: usize,
}

/// A member's manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Path from the repository's root: `crates/core/Cargo.toml`.
    pub path: String,
    /// The package's name.
    pub package: String,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
}

impl Manifest {
    /// Reads the manifest at `path` from its text; `None` where it describes no package (the workspace's own).
    pub fn parse(path: &str, text: &str) -> Result<Option<Self>, toml::de::Error> {
        let table: Table = text.parse()?;
        let Some(package) = table.get("package").and_then(|package| package.get("name")).and_then(Value::as_str) else {
            return Ok(None);
        };
        let mut dependencies = dependencies_of(&table, text);
        for target in table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values) {
            if let Some(table) = target.as_table() {
                dependencies.extend(dependencies_of(table, text));
            }
        }
        Ok(Some(Self { path: path.to_owned(), package: package.to_owned(), dependencies }))
    }

    /// The folder of the package: `crates/core`.
    pub fn folder(&self) -> &str {
        self.path.strip_suffix("/Cargo.toml").unwrap_or(&self.path)
    }

    /// Whether it only tests or measures the platform: nothing is shipped from there, and nothing imports it.
    pub fn is_beside_the_platform(&self) -> bool {
        ["tests/", "bench/", "fuzz/"].iter().any(|folder| self.path.starts_with(folder))
    }

    /// A violation at one of its dependencies.
    pub fn violation(&self, dependency: &Dependency, rule: Rule, found: String) -> Violation {
        Violation { file: self.path.clone(), line: dependency.line, rule, subject: dependency.name.clone(), found }
    }

    /// What becomes part of the package.
    pub fn built_in(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|dependency| dependency.purpose == Purpose::Package)
    }
}

/// Every dependency, of tests too, takes its version from the workspace.
pub fn version_violations(manifest: &Manifest) -> Vec<Violation> {
    let own = manifest.dependencies.iter().filter(|dependency| !dependency.from_workspace);
    own.map(|dependency| {
        let found = format!("`{}` names a version, path or source of its own", dependency.name);
        manifest.violation(dependency, Rule::WorkspaceDependency, found)
    })
    .collect()
}

fn dependencies_of(table: &Table, text: &str) -> Vec<Dependency> {
    let tables = [
        ("dependencies", Purpose::Package),
        ("build-dependencies", Purpose::Package),
        ("dev-dependencies", Purpose::Tests),
    ];
    let mut found = Vec::new();
    for (key, purpose) in tables {
        for (alias, value) in table.get(key).and_then(Value::as_table).into_iter().flatten() {
            found.push(Dependency {
                name: value.get("package").and_then(Value::as_str).unwrap_or(alias).to_owned(),
                purpose,
                from_workspace: value.get("workspace").and_then(Value::as_bool) == Some(true),
                line: line_of(text, key, alias),
            });
        }
    }
    found
}

/// The line where `alias` stands in the table whose header ends with `key`; line 1 if it is written otherwise.
fn line_of(text: &str, key: &str, alias: &str) -> usize {
    let mut in_table = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(header) = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            in_table = header == key || header.ends_with(&format!(".{key}"));
            if header.ends_with(&format!("{key}.{alias}")) {
                return index + 1;
            }
        }
        let name = line.split(['=', '.', ' ']).next().unwrap_or_default().trim_matches('"');
        if in_table && name == alias {
            return index + 1;
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        Manifest::parse("crates/core/Cargo.toml", text).unwrap().unwrap()
    }

    #[test]
    fn a_dependency_with_a_version_of_its_own_is_refused_at_its_line() {
        let bad = "[package]\nname = \"a\"\n\n[dependencies]\nbytes.workspace = true\nserde = \"1\"\n\n\
                   [dev-dependencies]\nserde = { version = \"1\" }\n";
        let found: Vec<_> =
            version_violations(&manifest(bad)).into_iter().map(|found| (found.subject, found.line)).collect();
        assert_eq!(found, [("serde".to_owned(), 6), ("serde".to_owned(), 9)]);
    }

    #[test]
    fn dependencies_of_the_workspace_are_kept() {
        let good = "[package]\nname = \"a\"\n[dependencies]\nbytes.workspace = true\n\
                    core = { workspace = true, features = [\"contract\"] }\n[build-dependencies]\ncc.workspace = true\n";
        assert_eq!(version_violations(&manifest(good)), []);
    }

    #[test]
    fn dependencies_of_a_target_and_renamed_ones_are_seen() {
        let text = "[package]\nname = \"a\"\n[target.'cfg(unix)'.dependencies]\ncache = { package = \"redis\", version = \"1\" }\n";
        let dependencies = manifest(text).dependencies;
        let [dependency] = dependencies.as_slice() else { panic!("{dependencies:?}") };
        assert_eq!((dependency.name.as_str(), dependency.line), ("redis", 4));
    }

    #[test]
    fn the_workspace_itself_is_no_member() {
        assert_eq!(Manifest::parse("Cargo.toml", "[workspace]\nmembers = []").unwrap(), None);
    }
}
