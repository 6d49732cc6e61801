//! A place in the event log that a client can come back to.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// `<epoch>.<position>`. The epoch names one life of the log: where it differs, the log was lost in between and
/// positions of the other life mean nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Offset {
    /// The log's life: letters, digits and hyphens.
    pub epoch: String,
    /// The place in it, in the adapter's own form: digits and hyphens (a Redis stream id).
    pub position: String,
}

/// A text that is not an offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an offset: expected <epoch>.<position>")]
pub struct InvalidOffset;

impl FromStr for Offset {
    type Err = InvalidOffset;

    fn from_str(text: &str) -> Result<Self, InvalidOffset> {
        let word =
            |part: &str| (1..=64).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match text.split_once('.') {
            Some((epoch, position)) if word(epoch) && word(position) => {
                Ok(Self { epoch: epoch.to_owned(), position: position.to_owned() })
            }
            _ => Err(InvalidOffset),
        }
    }
}

impl TryFrom<String> for Offset {
    type Error = InvalidOffset;

    fn try_from(text: String) -> Result<Self, InvalidOffset> {
        text.parse()
    }
}

impl From<Offset> for String {
    fn from(offset: Offset) -> Self {
        offset.to_string()
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_reads_back_what_it_shows() {
        let offset: Offset = "0f3c.1700000000000-12".parse().unwrap();
        assert_eq!((offset.epoch.as_str(), offset.position.as_str()), ("0f3c", "1700000000000-12"));
        assert_eq!(offset.to_string(), "0f3c.1700000000000-12");
        for refused in ["", "a", ".1", "a.", "a b.1", "a.1\n"] {
            assert!(refused.parse::<Offset>().is_err(), "{refused:?}");
        }
    }
}
