//! Input that is refused, and photos that fail: with a reason, with nothing left behind, and with the platform alive.
