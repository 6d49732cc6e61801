//! The whole path on real processes over HTTP: one program, so that its parts share what they need. Each test starts a
//! platform of its own.
// The modules are marked as tests, so that their functions may unwrap as tests do.

#[cfg(test)]
mod backups;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bare_pod;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod consistency;
mod crashes;
#[cfg(test)]
mod dead_letters;
#[cfg(test)]
mod deletions;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod duplicates;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod health;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod live;
#[cfg(test)]
mod local;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod node;
#[cfg(test)]
mod once;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod outputs;
#[cfg(test)]
mod pipelines;
#[cfg(test)]
mod redis_users;
#[cfg(test)]
mod refusing_store;
#[cfg(test)]
mod repeats;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod told;
#[cfg(test)]
mod trace;
