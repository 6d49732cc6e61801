//! Maps of short texts, as labels, annotations and node selectors are.

use std::collections::BTreeMap;

/// Texts by their keys.
pub type StringMap = BTreeMap<String, String>;
