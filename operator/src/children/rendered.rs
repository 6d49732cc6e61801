//! A child as it should be.

use serde::Serialize;
use serde_json::Value;

use super::ChildKind;
use crate::{amount::InvalidAmount, config::InvalidSpec, pod::OverrideRefused};

/// An object as it should be: the fields that the operator owns, and no other.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// What it is.
    pub kind: ChildKind,
    /// Its name; its namespace is the owner's.
    pub name: String,
    /// The whole object, with `apiVersion`, `kind` and `metadata`.
    pub object: Value,
    /// Of a Deployment whose number of pods an autoscaler chooses, how many there are where nobody has chosen yet.
    pub first_replicas: Option<i32>,
}

/// Why there is no object.
#[derive(Debug, thiserror::Error)]
pub enum NotRendered {
    /// It can't be written as JSON, which is a fault of the program.
    #[error("the {kind:?} `{name}` can't be rendered")]
    Unwritable {
        /// What it would have been.
        kind: ChildKind,
        /// Its name.
        name: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// The owner's spec says what its processes would refuse. The API server's rules let it through.
    #[error(transparent)]
    Spec(#[from] InvalidSpec),
    /// The owner's spec wants of a pod what no pod may have.
    #[error(transparent)]
    Overrides(#[from] OverrideRefused),
    /// The owner's spec has a text where an amount should be.
    #[error(transparent)]
    Amount(#[from] InvalidAmount),
}

impl Rendered {
    /// The object with its type, without whatever is empty: applying `null` or `{}` would own what nobody meant.
    ///
    /// # Errors
    /// It can't be written as JSON.
    pub fn of(kind: ChildKind, name: impl Into<String>, object: &impl Serialize) -> Result<Self, NotRendered> {
        let name = name.into();
        let mut object = match serde_json::to_value(object) {
            Ok(object) => object,
            Err(source) => return Err(NotRendered::Unwritable { kind, name, source }),
        };
        let [group, version, kind_name, _] = kind.names();
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        if let Some(fields) = object.as_object_mut() {
            fields.insert("apiVersion".to_owned(), api_version.into());
            fields.insert("kind".to_owned(), kind_name.into());
            fields.remove("status");
        }
        Ok(Self { kind, name, object, first_replicas: None })
    }

    /// The same, with the number of pods that it begins with where an autoscaler chooses it later.
    #[must_use]
    pub fn at_first(mut self) -> Self {
        let spec = self.object.get_mut("spec").and_then(Value::as_object_mut);
        if let (Some(replicas), Some(spec)) = (self.first_replicas.take(), spec) {
            spec.insert("replicas".to_owned(), replicas.into());
        }
        self
    }
}
