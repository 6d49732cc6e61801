//! How processes end and how they refuse to start.
