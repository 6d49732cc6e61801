//! The storage role: the one owner of the database.

pub(crate) mod routes;
