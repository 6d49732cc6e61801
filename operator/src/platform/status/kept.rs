//! What the storage role says of what it keeps for the platform: its buckets, its queues, its backups.

use photo_core::port::Reason;

use super::{Facts, reason_word, said_by_storage, why};
use crate::{
    api::{PhotoPlatform, State},
    conditions::Found,
};

/// Whether the buckets are there, and this platform's.
pub(super) fn buckets(facts: &Facts) -> Found {
    let buckets = "BucketsReady";
    let made = match said_by_storage(buckets, "buckets", facts) {
        Ok(made) => made,
        Err(unknown) => return unknown,
    };
    // It looks for them again once a minute; that the store lost one, or a right to it, shows at once.
    let store = said_by_storage(buckets, "store", facts).ok();
    match (made.reason, store.and_then(|store| store.reason)) {
        // They may be there all the same.
        (Some(Reason::Unreachable | Reason::NotChecked), _) => Found::unknown(buckets, "Unknown", why(made)),
        (Some(reason), _) => Found::no(buckets, reason_word(reason), why(made)),
        (None, Some(Reason::Missing)) => Found::no(buckets, "Drifted", store.map(why).unwrap_or_default()),
        (None, Some(Reason::AccessDenied)) => Found::no(buckets, "AccessDenied", store.map(why).unwrap_or_default()),
        (None, _) => Found::yes(buckets, "Provisioned", "the buckets are there and marked as this platform's"),
    }
}

/// Whether the queues are this platform's alone.
pub(super) fn queue_owned(facts: &Facts) -> Found {
    let owned = "QueueOwned";
    match said_by_storage(owned, "queueOwner", facts) {
        Err(unknown) => unknown,
        Ok(state) if state.reason == Some(Reason::Misconfigured) => Found::no(owned, "ConflictingOwner", why(state)),
        // A Redis that can't be asked is RedisReady's to tell.
        Ok(state) if !state.healthy => Found::unknown(owned, "Unknown", why(state)),
        Ok(_) => Found::yes(owned, "Owned", "no other platform uses the queues"),
    }
}

/// Whether backups of the metadata are made.
pub(super) fn backup(platform: &PhotoPlatform, facts: &Facts) -> Found {
    let backup = "BackupHealthy";
    if platform.spec.metadata.backup.state == State::Disabled {
        return Found::no(backup, "Disabled", "spec.metadata.backup.state is Disabled: no backup is made");
    }
    match said_by_storage(backup, "backup", facts) {
        Err(unknown) => unknown,
        Ok(state) if state.healthy => Found::yes(backup, "LastBackupSucceeded", state.note.clone().unwrap_or_default()),
        Ok(state) if state.reason == Some(Reason::NotChecked) => Found::unknown(backup, "Starting", "none is made yet"),
        Ok(state) => Found::no(backup, "LastBackupFailed", why(state)),
    }
}
