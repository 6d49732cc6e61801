//! What those who upload under faults and those who look afterwards have in common: the ledger.

pub mod ledger;
