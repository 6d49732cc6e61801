//! What probes and metrics tell.
