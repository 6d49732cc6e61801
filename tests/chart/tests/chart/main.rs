//! The operator's chart, rendered by Helm 3 and Helm 4: what comes out, what is refused, what the operator may.

mod argo;
mod definitions;
mod gitops;
mod golden;
mod pods;
mod refused;
mod rights;
mod values;

use std::path::PathBuf;

use photo_chart::{helm::Helm, manifest, repository};
use serde_json::Value;

/// The tables of values that the chart is rendered with: files of `tests/values`.
const CASES: [&str; 3] = ["cluster", "namespaced", "everything"];

fn values_of(case: &str) -> PathBuf {
    repository::chart("tests/values").join(format!("{case}.yaml"))
}

fn rendered(case: &str) -> Vec<Value> {
    manifest::objects(&Helm::Four.template(&values_of(case), &[]).unwrap()).unwrap()
}
