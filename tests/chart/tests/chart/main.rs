//! The operator's chart, rendered by Helm 3 and Helm 4: what comes out, what is refused, what the operator may.
// The modules are marked as tests, so that their functions may unwrap as tests do.

#[cfg(test)]
mod argo;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod definitions;
#[cfg(test)]
mod gitops;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod pods;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod values;
