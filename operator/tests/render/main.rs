//! What platforms and pipelines are made of: against files that people have read, against the rules of Pod Security, and
//! against the specs that they are made from.

mod baseline;
mod cases;
mod fields;
mod golden;
mod laws;
mod sample;
