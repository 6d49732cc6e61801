//! What the benches share: the photos, who is next, what is told of many samples, how tables look.

pub mod median;
pub mod order;
pub mod photo_set;
pub mod table;
