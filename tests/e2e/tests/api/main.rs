//! What a real API server makes of the custom resources. One process, and so one server, for all of it.

mod documents;
mod kubectl;
