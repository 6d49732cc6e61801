//! The names that a browser gives itself: client and session ids. They only pick rooms below the verified subject.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A client or session id: 1 to 128 characters of `A-Z a-z 0-9 _ -`, chosen by the client.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientRef(String);

/// A text that is not a client or session id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a client or session id has 1 to 128 characters of A-Z a-z 0-9 _ -")]
pub struct InvalidClientRef;

impl TryFrom<String> for ClientRef {
    type Error = InvalidClientRef;

    fn try_from(text: String) -> Result<Self, InvalidClientRef> {
        let fits = (1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if fits { Ok(Self(text)) } else { Err(InvalidClientRef) }
    }
}

impl FromStr for ClientRef {
    type Err = InvalidClientRef;

    fn from_str(text: &str) -> Result<Self, InvalidClientRef> {
        Self::try_from(text.to_owned())
    }
}

impl From<ClientRef> for String {
    fn from(client: ClientRef) -> Self {
        client.0
    }
}

impl fmt::Display for ClientRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_of_room_names_are_refused() {
        for refused in ["", "a/b", "a:b", "ü", &"x".repeat(129)] {
            assert!(refused.parse::<ClientRef>().is_err(), "{refused:?}");
        }
        assert!("page-1_A".parse::<ClientRef>().is_ok());
    }
}
