//! What a rule says when it is broken: where, which rule, and what to do.

use std::fmt;

use serde::Deserialize;

/// A rule that this crate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A source file is short enough to be read in one sitting.
    FileLength,
    /// A function fits on a screen.
    FunctionLength,
    /// A function takes few values.
    ParameterCount,
    /// A file says at its top what it decides.
    FileHeader,
    /// `x.rs` beside `x/`, never `x/mod.rs`.
    ModuleFile,
    /// Files and types carry words of the domain.
    Name,
    /// Versions stand once, in the workspace's table.
    WorkspaceDependency,
    /// Imports between our crates point one way.
    ImportDirection,
    /// A driver, codec or framework is known in one place only.
    DriverPlace,
    /// The Socket.IO server is named in one file only.
    TransportPlace,
    /// The gateway's roles do not know one another.
    RoleSeparation,
}

impl Rule {
    /// The rule's name in `exceptions.toml` and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FileLength => "file-length",
            Self::FunctionLength => "function-length",
            Self::ParameterCount => "parameter-count",
            Self::FileHeader => "file-header",
            Self::ModuleFile => "module-file",
            Self::Name => "name",
            Self::WorkspaceDependency => "workspace-dependency",
            Self::ImportDirection => "import-direction",
            Self::DriverPlace => "driver-place",
            Self::TransportPlace => "transport-place",
            Self::RoleSeparation => "role-separation",
        }
    }

    /// What whoever broke it does next.
    pub fn advice(self) -> &'static str {
        match self {
            Self::FileLength => "move a part that has a name of its own to its own file; long tests go to `x/tests.rs`",
            Self::FunctionLength => "give a part of it a name: a function for each step",
            Self::ParameterCount => "put what belongs together into a struct with named fields",
            Self::FileHeader => "begin the file with `//!` and 1 to 5 lines that say what it decides",
            Self::ModuleFile => "rename `x/mod.rs` to `x.rs`",
            Self::Name => "name it after what it is in the domain, or after what it does",
            Self::WorkspaceDependency => {
                "put the version into [workspace.dependencies] and write `workspace = true` here"
            }
            Self::ImportDirection => "turn the import round, or move what both need into photo-core",
            Self::DriverPlace => "reach it through a port or a function of the crate that owns it",
            Self::TransportPlace => "use what gateway/src/events/transport.rs offers",
            Self::RoleSeparation => "move what both roles need out of them, or ask over HTTP as another process would",
        }
    }
}

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path from the repository's root, with `/`.
    pub file: String,
    /// Line in that file, from 1.
    pub line: usize,
    /// Which rule.
    pub rule: Rule,
    /// The name that breaks it (of a file, type, function or dependency): what an exception refers to.
    pub subject: String,
    /// What was found, against which limit.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, rule, found, .. } = self;
        write!(f, "{file}:{line}: [{}] {found}\n    {}", rule.as_str(), rule.advice())
    }
}
