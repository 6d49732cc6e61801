//! What went wrong, in six classes, and what is done about each: the one place from which it follows whether a photo is
//! tried again, waits, or ends, whoever met the error.

use serde::{Deserialize, Serialize};

use crate::port::{ErrorKind, PortError, Reason};

/// Whose business an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorClass {
    /// A dependency is away or slow; it comes back by itself. Workers of older releases call it `dependency`.
    #[serde(alias = "dependency")]
    Temporary,
    /// A dependency or this machine has no room or memory left.
    Resource,
    /// The photo's own: another attempt would end the same.
    Data,
    /// Unknown, or a fault of ours: another attempt may help. Workers of older releases call it `processing`.
    #[serde(alias = "processing")]
    Logic,
    /// A dependency does not know us, or does not let us do it.
    Security,
    /// Something is set up wrongly, or missing: a bucket, a region, an address.
    Configuration,
}

/// What is done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Another attempt, after a wait that grows; when the attempts are used up the photo is dead.
    Retry,
    /// The photo waits for what it needs. No attempt is used up, so that no outage is long enough to end it.
    Defer,
    /// The photo ends as `failed`, at once.
    Fail,
    /// As [`Decision::Defer`], and those who run the platform are told: it ends when they have mended it, not before.
    Stop,
}

impl Decision {
    /// Whether an error that is decided about so uses up one of a photo's attempts.
    pub fn uses_attempt(self) -> bool {
        match self {
            Self::Retry | Self::Fail => true,
            Self::Defer | Self::Stop => false,
        }
    }
}

impl ErrorClass {
    /// Every class.
    pub const ALL: [Self; 6] =
        [Self::Temporary, Self::Resource, Self::Data, Self::Logic, Self::Security, Self::Configuration];

    /// What is done about it.
    pub fn decision(self) -> Decision {
        match self {
            Self::Temporary | Self::Resource => Decision::Defer,
            Self::Data => Decision::Fail,
            Self::Logic => Decision::Retry,
            Self::Security | Self::Configuration => Decision::Stop,
        }
    }

    /// The class of a port's failure. What is about one thing (it is not there, it changed, it is damaged, the request
    /// for it is wrong) is tried again and in the end given up; everything else is about the dependency, and waits.
    fn of_port(kind: ErrorKind, reason: Reason) -> Self {
        match (kind, reason) {
            (ErrorKind::Denied | ErrorKind::Invalid | ErrorKind::Unavailable, Reason::Misconfigured)
            | (ErrorKind::Unavailable, Reason::Missing) => Self::Configuration,
            (ErrorKind::Denied, _) | (ErrorKind::Unavailable, Reason::AuthFailed | Reason::AccessDenied) => {
                Self::Security
            }
            (ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Corrupt | ErrorKind::Invalid, _) => Self::Logic,
            (ErrorKind::Unavailable, Reason::Full) => Self::Resource,
            (ErrorKind::Unavailable, Reason::Unreachable | Reason::NotChecked | Reason::Other) => Self::Temporary,
        }
    }
}

impl PortError {
    /// Whose business it is, from which it follows what is done about it.
    pub fn class(&self) -> ErrorClass {
        ErrorClass::of_port(self.kind(), self.reason())
    }
}

#[cfg(test)]
mod tests {
    use super::{ErrorClass as Class, *};

    const REASONS: [Reason; 8] = [
        Reason::Unreachable,
        Reason::AuthFailed,
        Reason::AccessDenied,
        Reason::Missing,
        Reason::Full,
        Reason::Misconfigured,
        Reason::NotChecked,
        Reason::Other,
    ];

    const T: Class = Class::Temporary;
    const R: Class = Class::Resource;
    const L: Class = Class::Logic;
    const S: Class = Class::Security;
    const C: Class = Class::Configuration;

    #[test]
    fn every_kind_with_every_reason_has_one_class() {
        let table = [
            (ErrorKind::NotFound, [L, L, L, L, L, L, L, L]),
            (ErrorKind::Conflict, [L, L, L, L, L, L, L, L]),
            (ErrorKind::Invalid, [L, L, L, L, L, C, L, L]),
            (ErrorKind::Denied, [S, S, S, S, S, C, S, S]),
            (ErrorKind::Unavailable, [T, S, S, C, R, C, T, T]),
            (ErrorKind::Corrupt, [L, L, L, L, L, L, L, L]),
        ];
        for (kind, classes) in table {
            for (reason, class) in REASONS.into_iter().zip(classes) {
                assert_eq!(PortError::new(kind, "asking").because(reason).class(), class, "{kind:?} {reason:?}");
            }
        }
    }

    #[test]
    fn every_class_has_one_decision_and_only_a_photos_own_faults_use_up_attempts() {
        let decisions = Class::ALL.map(|class| (class, class.decision(), class.decision().uses_attempt()));
        let expected = [
            (Class::Temporary, Decision::Defer, false),
            (Class::Resource, Decision::Defer, false),
            (Class::Data, Decision::Fail, true),
            (Class::Logic, Decision::Retry, true),
            (Class::Security, Decision::Stop, false),
            (Class::Configuration, Decision::Stop, false),
        ];
        assert_eq!(decisions, expected);
    }

    #[test]
    fn the_words_of_older_workers_are_read() {
        let read = |word: &str| serde_json::from_value::<Class>(word.into()).unwrap();
        assert_eq!(
            (read("dependency"), read("processing"), read("data")),
            (Class::Temporary, Class::Logic, Class::Data)
        );
        for class in Class::ALL {
            assert_eq!(serde_json::from_value::<Class>(serde_json::to_value(class).unwrap()).unwrap(), class);
        }
    }
}
