//! To be written.

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the storage role that serves the routes comes with the lead's branch")
)]
mod storage;

fn main() {}
