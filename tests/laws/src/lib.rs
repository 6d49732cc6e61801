//! What the matrix program in `tests/matrix/` is made of beside its subjects: running laws, and judging what came out.

pub mod report;
pub mod run;
