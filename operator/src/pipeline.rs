//! Pipelines: what each is made of.

pub mod build;
