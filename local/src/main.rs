//! x
mod documents;
fn main() { drop(documents::read(&[])); }
