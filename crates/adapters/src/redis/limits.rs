//! How long a call to Redis may take, in one place because each limit is chosen with the others in view.

use std::time::Duration;

/// Longest wait for the answer to any call that does not wait for work by itself.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(2);
/// Below [`CALL_LIMIT`], so that a dead address leaves time for an answer.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(1);
pub(super) const RESPONSE_LIMIT: Duration = Duration::from_millis(1500);
/// A peer that vanished without a word is noticed after this long, by the kernel.
pub(super) const SILENT_PEER_LIMIT: Duration = Duration::from_secs(5);
