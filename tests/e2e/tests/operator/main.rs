//! The real operator on a real API server: one process, and so one server, for all of it. Each test has a namespace, and
//! an operator that looks after that one alone with the rights that the chart gives it.
// The modules are marked as tests, so that their functions may unwrap as tests do.

#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod deletion;
#[cfg(test)]
mod drift;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod leadership;
#[cfg(test)]
mod marks;
#[cfg(test)]
mod operation;
#[cfg(test)]
mod ready;
#[cfg(test)]
mod scaling;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod statuses;
#[cfg(test)]
mod steady;
#[cfg(test)]
mod volumes;
