//! The law matrix is in `tests/matrix/`.
