//! What a real API server makes of the custom resources. One process, and so one server, for all of it.

// The modules are marked as tests, so that their functions may unwrap as tests do.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod kubectl;
