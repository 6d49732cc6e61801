//! Whether dead letters are noted for somebody to be told.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Whether anybody wants to be told. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct HookSwitch(Arc<AtomicBool>);

impl HookSwitch {
    pub(super) fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn turn_on(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
