//! How far ahead anything is put off. A moment further away was written while the clock was ahead, and would be waited for
//! for as long as that: it has come as well.

use std::time::Duration;

use jiff::Timestamp;

use super::column::Moment;

/// No entry of the outbox and no deletion is put off for longer.
pub const PUT_OFF_MAX: Duration = Duration::from_mins(5);

/// No call of a hook is put off for longer.
pub const HOOK_PUT_OFF_MAX: Duration = Duration::from_hours(1);

/// The last moment that is waited for, where nothing is put off for longer than `longest`.
pub(super) fn horizon(now: Timestamp, longest: Duration) -> Moment {
    Moment(now.saturating_add(longest).unwrap_or(Timestamp::MAX))
}
