//! Identifiers: UUIDv7, lowercase with hyphens, one type each so that none is taken for another.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id: expected a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct InvalidId(String);

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id that sorts after those made earlier (UUIDv7).
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId(text.chars().take(64).collect()))
            }
        }
    };
}

id_type! {
    /// A photo.
    PhotoId
}
id_type! {
    /// One upload of a photo's bytes; part of the original's key, so that a key is never written twice.
    UploadId
}
id_type! {
    /// One attempt of a worker at one generation of a photo; the fence of all it writes.
    RunId
}
id_type! {
    /// An event; a repeated delivery carries the same id.
    EventId
}

id_type! {
    /// A copy of the metadata store. Its time is that of the copy: what was committed before is in it.
    BackupId
}

impl BackupId {
    /// The id of a copy that is made at `now`, to the millisecond. It sorts after `newest`, whatever the clock says.
    pub fn after(newest: Option<Self>, now: Timestamp) -> Self {
        let made = now.as_millisecond();
        let milliseconds = newest.map_or(made, |newest| made.max(newest.millisecond().saturating_add(1)));
        // A UUIDv7 has no place for times before 1970.
        let milliseconds = u64::try_from(milliseconds).unwrap_or_default();
        let random = Uuid::new_v4().into_bytes().last_chunk().copied().unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
    }

    /// When the copy was made.
    pub fn time(self) -> Timestamp {
        Timestamp::from_millisecond(self.millisecond()).unwrap_or(Timestamp::MAX)
    }

    /// Milliseconds since 1970, which are the first 48 bits.
    fn millisecond(self) -> i64 {
        let (high, _) = self.0.as_u64_pair();
        i64::try_from(high >> 16).unwrap_or(i64::MAX)
    }
}

/// The subject of a verified token: who owns a photo. 1 to 255 bytes without control characters, and neither `.` nor
/// `..`, which no URL carries as a segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

/// A subject that cannot own photos.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a subject has 1 to 255 bytes, no control characters, and is neither `.` nor `..`")]
pub struct InvalidUserId;

impl UserId {
    /// The subject as the token carries it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserId {
    type Error = InvalidUserId;

    fn try_from(text: String) -> Result<Self, InvalidUserId> {
        let plain = !text.chars().any(char::is_control) && text != "." && text != "..";
        if plain && (1..=255).contains(&text.len()) { Ok(Self(text)) } else { Err(InvalidUserId) }
    }
}

impl FromStr for UserId {
    type Err = InvalidUserId;

    fn from_str(text: &str) -> Result<Self, InvalidUserId> {
        Self::try_from(text.to_owned())
    }
}

impl From<UserId> for String {
    fn from(user: UserId) -> Self {
        user.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_shows() {
        let id = PhotoId::generate();
        assert_eq!(id.to_string().parse::<PhotoId>().unwrap(), id);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let ids: Vec<PhotoId> = (0..100).map(|_| PhotoId::generate()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn a_backups_id_tells_its_time_and_sorts_after_the_one_before_though_the_clock_was_set_back() {
        let now: Timestamp = "2026-11-22T01:02:03.456Z".parse().unwrap();
        let first = BackupId::after(None, now);
        assert_eq!(first.time(), now);
        assert_eq!(first.to_string().parse::<BackupId>().unwrap(), first);
        let hour = jiff::SignedDuration::from_hours(1);
        for later in [now - hour, now, now + hour] {
            let second = BackupId::after(Some(first), later);
            assert!(second > first, "{second} at {later}");
            assert!(second.time() >= later, "{second} at {later}");
        }
    }

    #[test]
    fn a_subject_is_short_text_without_control_characters() {
        for refused in ["", ".", "..", "a\nb", "a\u{0}", &"x".repeat(256)] {
            assert!(refused.parse::<UserId>().is_err(), "{refused:?}");
        }
        assert_eq!("Ünïcode 写真".parse::<UserId>().unwrap().as_str(), "Ünïcode 写真");
    }
}
