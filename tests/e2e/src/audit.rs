//! What the API server was asked, by whom: its audit log.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::Value;

/// The requests from a moment on.
#[derive(Debug, Clone)]
pub struct AuditLog {
    path: PathBuf,
    from: u64,
}

/// A request that was answered, or a watch that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asked.
    pub user: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    pub verb: String,
    /// `deployments`, or `photoplatforms/status`.
    pub resource: String,
    /// The name of the object, where one is named.
    pub name: String,
    /// The status of the answer.
    pub code: u64,
    /// Whether it is the end of a request, and not only the beginning of a watch.
    pub has_ended: bool,
}

impl Request {
    /// Whether it can change anything.
    pub fn writes(&self) -> bool {
        !matches!(self.verb.as_str(), "get" | "list" | "watch")
    }
}

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user, verb, resource, name, code, .. } = self;
        write!(f, "{user}: {verb} {resource} {name} -> {code}")
    }
}

impl AuditLog {
    /// The requests that are answered from now on.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn from_now(path: &Path) -> anyhow::Result<Self> {
        let from = path.metadata().with_context(|| format!("reading {}", path.display()))?.len();
        Ok(Self { path: path.to_owned(), from })
    }

    /// What these users asked, in the order of the answers.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn requests_of(&self, users: &[String]) -> anyhow::Result<Vec<Request>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.from))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // A line without an end is still being written.
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let theirs = lines.filter(|line| users.iter().any(|user| line.contains(user)));
        let events = theirs.map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
        Ok(events.iter().map(request).filter(|request| users.contains(&request.user)).collect())
    }
}

fn request(event: &Value) -> Request {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let object = event.get("objectRef").unwrap_or(&Value::Null);
    let field = |name: &str| object.get(name).map(text).unwrap_or_default();
    let resource = match object.get("subresource") {
        Some(part) => format!("{}/{}", field("resource"), text(part)),
        None => field("resource"),
    };
    Request {
        user: event.pointer("/impersonatedUser/username").map(text).unwrap_or_default(),
        verb: event.get("verb").map(text).unwrap_or_default(),
        resource,
        name: field("name"),
        code: event.pointer("/responseStatus/code").and_then(Value::as_u64).unwrap_or_default(),
        has_ended: event.get("stage").map(text).as_deref() == Some("ResponseComplete"),
    }
}
