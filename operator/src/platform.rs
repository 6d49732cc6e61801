//! Platforms: what each is made of.

pub mod build;
mod images;

pub use images::{ComponentImages, chosen};
