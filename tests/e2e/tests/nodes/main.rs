//! What a cluster with nodes makes of the chart and the samples: pods that run, photos that go through them.
//!
//! It is the cluster of `KUBECONFIG`, with the images loaded: `tests/e2e/nodes` brings one up and runs this in it. The tests
//! share the node, so they run one after another.

// The modules are marked as tests, so that their functions may unwrap as tests do.

#[cfg(test)]
mod burst;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod life;
#[cfg(test)]
mod marks;
#[cfg(test)]
mod restore;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod story;
#[cfg(test)]
mod truth;
#[cfg(test)]
mod volumes;
