//! How a stage ended on a hostile file: well, with a reason that is the file's own, or in a way that no file may end it.

use std::fmt;

use photo_core::{
    error_class::ErrorClass,
    failure::{Failure, FailureCode},
};
use photo_stages::StageFailure;
use serde_json::Value;

/// How one file went through one pipeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// Every stage made its outputs.
    Well,
    /// Its owner is told what is wrong with it, by that code.
    Refused(String),
    /// What must not happen, whatever the file.
    Exit(Exit),
}

/// What a file must not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// The slot's process ended, or told garbage.
    Died,
    /// Code panicked, and the panic was caught.
    Panicked,
    /// A stage took longer than it may.
    TimedOut,
    /// It needed more memory than a slot has.
    OutOfMemory,
    /// Resizing or encoding went wrong, which is tried again as if it were not the file's fault.
    NotMade,
}

/// The ending of a stage that failed.
///
/// What is not known to be the file's own fault is the worst: nothing new can hide here.
pub(crate) fn of(failure: &StageFailure) -> Ending {
    let StageFailure { failure: Failure { code, message }, class, detail, .. } = failure;
    let is_panic = detail.starts_with("panic:") || detail.starts_with("it panicked");
    if !is_panic && *class == ErrorClass::Data {
        return Ending::Refused(word(*code));
    }
    Ending::Exit(if is_panic {
        Exit::Panicked
    } else if *code == FailureCode::TimedOut {
        Exit::TimedOut
    } else if message.contains("more memory") {
        Exit::OutOfMemory
    } else if message.contains("could not be made") {
        Exit::NotMade
    } else {
        Exit::Died
    })
}

/// A code as programs see it.
fn word(code: FailureCode) -> String {
    serde_json::to_value(code).ok().as_ref().and_then(Value::as_str).unwrap_or("unknown").to_owned()
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Well => f.write_str("well"),
            Self::Refused(code) => f.write_str(code),
            Self::Exit(exit) => write!(f, "EXIT: {exit}"),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Died => "slot died",
            Self::Panicked => "panic",
            Self::TimedOut => "timeout",
            Self::OutOfMemory => "out of memory",
            Self::NotMade => "not made",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: FailureCode, message: &str, class: ErrorClass, detail: &str) -> StageFailure {
        let failure = Failure::new(code, message);
        StageFailure { stage: "validation".parse().unwrap(), failure, class, detail: detail.to_owned() }
    }

    #[test]
    fn a_refusal_is_one_only_where_the_file_is_at_fault() {
        let damaged = failure(FailureCode::Damaged, "The file is damaged.", ErrorClass::Data, "bad marker");
        assert_eq!(of(&damaged), Ending::Refused("damaged".to_owned()));
        let unknown = StageFailure { class: ErrorClass::Logic, ..damaged };
        assert_eq!(of(&unknown), Ending::Exit(Exit::Died), "what nobody knows is the worst");
    }

    #[test]
    fn every_exit_has_its_name() {
        use ErrorClass::{Data, Logic};
        let none = FailureCode::ProcessingFailed;
        let cases = [
            (failure(none, "The decoder gave up on it.", Data, "panic: row 7"), Exit::Panicked),
            (failure(none, "Not to the end.", Logic, "it panicked: row 7; exit status: 1"), Exit::Panicked),
            (failure(FailureCode::TimedOut, "Longer than 20 s.", Logic, ""), Exit::TimedOut),
            (
                failure(none, "The photo needs more memory than the server gives one photo.", Logic, ""),
                Exit::OutOfMemory,
            ),
            (failure(none, "The smaller pictures could not be made.", Logic, "a plane"), Exit::NotMade),
            (failure(none, "Not to the end.", Logic, "its reports broke off; signal: 11 (SIGSEGV)"), Exit::Died),
        ];
        for (failure, exit) in cases {
            assert_eq!(of(&failure), Ending::Exit(exit), "{failure:?}");
        }
    }
}
