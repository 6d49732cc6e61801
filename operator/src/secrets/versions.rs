//! In which versions Secrets are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::digest;

/// Secrets by their names, each with a text that changes with its content and tells nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretVersions(BTreeMap<String, String>);

impl SecretVersions {
    /// The hash of those Secrets' names and versions. One that is not known counts with its name.
    pub fn hash(&self, names: &BTreeSet<&str>) -> String {
        let versions: BTreeMap<&str, Option<&String>> = names.iter().map(|&name| (name, self.0.get(name))).collect();
        digest::of(&json!(versions))
    }
}

impl FromIterator<(String, String)> for SecretVersions {
    fn from_iter<Versions: IntoIterator<Item = (String, String)>>(versions: Versions) -> Self {
        Self(versions.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_secrets_count() {
        let versions = |pairs: &[(&str, &str)]| -> SecretVersions {
            pairs.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
        };
        let names = BTreeSet::from(["a", "b"]);
        let hash = versions(&[("a", "1"), ("b", "2")]).hash(&names);
        assert_eq!(hash, versions(&[("a", "1"), ("b", "2"), ("c", "3")]).hash(&names));
        for other in [versions(&[("a", "1"), ("b", "3")]), versions(&[("a", "1")]), versions(&[("a", "2"), ("b", "1")])]
        {
            assert_ne!(hash, other.hash(&names));
        }
    }
}
