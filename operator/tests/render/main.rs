//! What platforms and pipelines are made of: against files that people have read, against the rules of Pod Security, and
//! against the specs that they are made from.
// The modules are marked as tests, so that their functions may unwrap as tests do.

#[cfg(test)]
mod baseline;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod fields;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod sample;
