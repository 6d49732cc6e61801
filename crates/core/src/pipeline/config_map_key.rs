//! A file that lies in a ConfigMap: which one, and under which key. Both make a path, so that neither may lead out of its folder.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Names a key of a ConfigMap of the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "ConfigMapKeyFields", into = "ConfigMapKeyFields")]
pub struct ConfigMapKeyRef {
    name: String,
    key: String,
}

/// As it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigMapKeyFields {
    name: String,
    key: String,
}

/// A text that no ConfigMap or key of one can have as its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfigMapKey {
    /// The ConfigMap's.
    #[error(
        "`{0}` is not a ConfigMap's name: use 1 to 253 of a-z, 0-9, - and ., each part between dots with a letter or digit \
         at both ends"
    )]
    Name(String),
    /// The key's.
    #[error(
        "`{0}` is not a ConfigMap's key: use 1 to 253 of letters, digits, -, _ and ., and not . or what begins with .."
    )]
    Key(String),
}

impl ConfigMapKeyRef {
    /// The key of the ConfigMap.
    ///
    /// # Errors
    /// One of them is no such name.
    pub fn new(name: &str, key: &str) -> Result<Self, InvalidConfigMapKey> {
        let shown = |text: &str| text.chars().take(80).collect();
        if !is_dns_subdomain(name) {
            return Err(InvalidConfigMapKey::Name(shown(name)));
        }
        if !is_config_map_key(key) {
            return Err(InvalidConfigMapKey::Key(shown(key)));
        }
        Ok(Self { name: name.to_owned(), key: key.to_owned() })
    }

    /// The ConfigMap.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its key.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn is_dns_subdomain(text: &str) -> bool {
    let edge = |letter: Option<u8>| letter.is_some_and(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    let is_label = |label: &str| {
        label.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
            && edge(label.bytes().next())
            && edge(label.bytes().last())
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_config_map_key(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.'))
        && text != "."
        && !text.starts_with("..")
}

impl TryFrom<ConfigMapKeyFields> for ConfigMapKeyRef {
    type Error = InvalidConfigMapKey;

    fn try_from(fields: ConfigMapKeyFields) -> Result<Self, InvalidConfigMapKey> {
        Self::new(&fields.name, &fields.key)
    }
}

impl From<ConfigMapKeyRef> for ConfigMapKeyFields {
    fn from(ConfigMapKeyRef { name, key }: ConfigMapKeyRef) -> Self {
        Self { name, key }
    }
}

/// `name/key`, which is also its file's path below a folder of such files.
impl fmt::Display for ConfigMapKeyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_api_takes_as_a_name_and_a_key_is_one() {
        let long = "a".repeat(253);
        for (name, key) in [("logo", "mark.png"), ("a.b-1.c", ".hidden"), ("0", "A_b-c..png"), (&long, &long)] {
            assert_eq!(ConfigMapKeyRef::new(name, key).unwrap().to_string(), format!("{name}/{key}"));
        }
    }

    #[test]
    fn what_would_lead_out_of_its_folder_or_is_no_name_is_refused() {
        let long = "a".repeat(254);
        for name in ["", ".", "..", "a..b", "a/b", "-a", "a-", "a.", "Logo", "a_b", &long] {
            assert!(matches!(ConfigMapKeyRef::new(name, "k"), Err(InvalidConfigMapKey::Name(_))), "{name}");
        }
        for key in ["", ".", "..", "..data", "a/b", "a b", "ä", &long] {
            assert!(matches!(ConfigMapKeyRef::new("logo", key), Err(InvalidConfigMapKey::Key(_))), "{key}");
        }
    }
}
