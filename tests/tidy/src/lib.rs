//! The rules of the house as functions from text to violations; `tests/house.rs` runs them over the repository.
//!
//! Each rule takes what it judges as a value, so that its tests can show it a small bad example.

pub mod direction;
pub mod driver;
pub mod exception;
pub mod manifest;
pub mod name;
pub mod repository;
pub mod role;
pub mod size;
pub mod source;
pub mod violation;
