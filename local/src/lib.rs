//! What the one-process edition shares with those who start platforms otherwise: the documents that declare one.

pub mod documents;
