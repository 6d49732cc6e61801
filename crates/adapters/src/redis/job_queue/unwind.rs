//! What was put down in a queue while a clock was ahead would last for as long as it was, once it is set right: delayed
//! jobs by the clock of the worker that delayed them, locks and the mark of a sweep by the server's. No job waits for longer
//! from now on than it was to wait, and no lock or mark outlasts [`LASTING_MAX`].

use std::{sync::LazyLock, time::Duration};

use bullmq::QueueKeys;
use photo_core::{clock::Clock, port::PortError};
use redis::Script;

use super::milliseconds;
use crate::redis::connection::RedisEndpoint;

static UNWIND: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../scripts/unwind.lua")));

/// Far longer than our leases, and than those of foreign workers.
const LASTING_MAX: Duration = Duration::from_mins(5);

/// Shortens what would last for too long. Returns how much that was.
pub(super) async fn run(endpoint: &RedisEndpoint, keys: &QueueKeys) -> Result<u64, PortError> {
    let now = Clock::System.now().as_millisecond().to_string();
    let longest = milliseconds(LASTING_MAX).to_string();
    let names = [keys.delayed(), keys.stalled_check(), keys.active()];
    let arguments = [&*keys.key_prefix(), &now, &longest];
    endpoint.script("looking for what a clock left behind", &UNWIND, &names, &arguments).await
}
