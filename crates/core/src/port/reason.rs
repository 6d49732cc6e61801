//! Why a port failed, as those who run the platform have to know it: each reason asks for another hand.

use serde::{Deserialize, Serialize};

use super::ErrorKind;

/// Why a dependency does not do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// Nobody answers, or not in time.
    Unreachable,
    /// It does not know us: wrong password, access key or token.
    AuthFailed,
    /// It knows us and does not let us do it: rights to a bucket, a key or a command are missing.
    AccessDenied,
    /// A thing that it should hold is not there, such as a bucket.
    Missing,
    /// It has no room left: a disk, a quota or its memory is full.
    Full,
    /// It can't work with what it was told, whatever time passes.
    Misconfigured,
    /// It was not asked yet.
    NotChecked,
    /// Something else; the text says what.
    #[serde(other)]
    Other,
}

impl Reason {
    /// What a failure means of which only the kind is known.
    pub(super) fn of_kind(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Denied => Self::AccessDenied,
            ErrorKind::Invalid => Self::Misconfigured,
            ErrorKind::NotFound => Self::Missing,
            ErrorKind::Conflict | ErrorKind::Unavailable | ErrorKind::Corrupt => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PortError;

    #[test]
    fn the_words_are_stable_and_one_of_a_newer_version_is_other() {
        let words = ["Unreachable", "AuthFailed", "AccessDenied", "Missing", "Full", "Misconfigured", "NotChecked"];
        for word in words {
            let reason: Reason = serde_json::from_value(word.into()).unwrap();
            assert_eq!(serde_json::to_value(reason).unwrap(), word);
        }
        assert_eq!(serde_json::from_value::<Reason>("Enchanted".into()).unwrap(), Reason::Other);
    }

    #[test]
    fn a_failure_tells_the_reason_that_its_adapter_gave_it_and_else_that_of_its_kind() {
        let error = PortError::new(ErrorKind::Unavailable, "asking");
        assert_eq!(error.reason(), Reason::Other);
        assert_eq!(error.because(Reason::Full).reason(), Reason::Full);
        assert_eq!(PortError::new(ErrorKind::Denied, "asking").reason(), Reason::AccessDenied);
    }
}
