//! What the API server was asked, by whom: its audit log.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::Context;
use jiff::Timestamp;
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
    /// Who asked, or in whose name.
    pub user: String,
    /// When it came.
    pub received: Timestamp,
    /// When it was answered.
    pub answered: Timestamp,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    pub verb: String,
    /// `deployments`, or `photoplatforms/status`.
    pub resource: String,
    /// The namespace of the object, where it has one.
    pub namespace: String,
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
        let mut requests = self.requests_with(|line| users.iter().any(|user| line.contains(user)))?;
        requests.retain(|request| users.contains(&request.user));
        Ok(requests)
    }

    /// What was asked in a namespace, by anybody, in the order of the answers.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn requests_in(&self, namespace: &str) -> anyhow::Result<Vec<Request>> {
        let mut requests = self.requests_with(|line| line.contains(namespace))?;
        requests.retain(|request| request.namespace == namespace);
        Ok(requests)
    }

    /// The requests of the lines that `may` be of interest: parsing is what takes time.
    fn requests_with(&self, may: impl Fn(&str) -> bool) -> anyhow::Result<Vec<Request>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.from))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // A line without an end is still being written.
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let events = lines.filter(|line| may(line)).map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
        events.iter().map(request).collect()
    }
}

fn request(event: &Value) -> anyhow::Result<Request> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let resource = match (text("/objectRef/resource"), text("/objectRef/subresource")) {
        (resource, "") => resource.to_owned(),
        (resource, part) => format!("{resource}/{part}"),
    };
    let user = match text("/impersonatedUser/username") {
        "" => text("/user/username"),
        other => other,
    };
    Ok(Request {
        user: user.to_owned(),
        received: text("/requestReceivedTimestamp").parse()?,
        answered: text("/stageTimestamp").parse()?,
        verb: text("/verb").to_owned(),
        resource,
        namespace: text("/objectRef/namespace").to_owned(),
        name: text("/objectRef/name").to_owned(),
        code: event.pointer("/responseStatus/code").and_then(Value::as_u64).unwrap_or_default(),
        has_ended: text("/stage") == "ResponseComplete",
    })
}
