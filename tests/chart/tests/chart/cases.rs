//! The tables of values that the chart is rendered with.

use std::path::PathBuf;

use photo_chart::{helm::Helm, manifest, repository};
use serde_json::Value;

/// Files of the chart's `tests/values`.
pub(crate) const CASES: [&str; 3] = ["cluster", "namespaced", "everything"];

pub(crate) fn values_of(case: &str) -> PathBuf {
    repository::chart("tests/values").join(format!("{case}.yaml"))
}

pub(crate) fn rendered(case: &str) -> Vec<Value> {
    manifest::objects(&Helm::Four.template(&values_of(case), &[]).unwrap()).unwrap()
}
