//! What those who upload under faults and those who look afterwards have in common: the ledger, and what is wrong.

pub mod findings;
pub mod ledger;
