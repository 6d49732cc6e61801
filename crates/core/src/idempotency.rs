//! Requests that a client repeats because it heard no answer: what says that two of them are the same.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a client sends in the header `Idempotency-Key` with every try of one request: 1 to 255 visible characters of
/// ASCII, such as a UUID. It means nothing among the requests of others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

/// A text that is no idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to 255 visible characters of ASCII, such as a UUID")]
pub struct InvalidIdempotencyKey;

impl TryFrom<String> for IdempotencyKey {
    type Error = InvalidIdempotencyKey;

    fn try_from(text: String) -> Result<Self, InvalidIdempotencyKey> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(InvalidIdempotencyKey) }
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidIdempotencyKey;

    fn from_str(text: &str) -> Result<Self, InvalidIdempotencyKey> {
        Self::try_from(text.to_owned())
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A file of a request that may be repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repeatable {
    /// The key of the request.
    pub key: IdempotencyKey,
    /// Which of its files, from 0.
    pub file: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_header_could_not_hold_is_refused() {
        for refused in ["", "two words", "ü", "a\nb", &"x".repeat(256)] {
            assert!(refused.parse::<IdempotencyKey>().is_err(), "{refused:?}");
        }
        for taken in ["0199-a", "\"quoted\"", &"x".repeat(255)] {
            assert_eq!(taken.parse::<IdempotencyKey>().unwrap().to_string(), taken);
        }
    }
}
