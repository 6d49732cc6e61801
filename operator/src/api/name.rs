//! Names of both kinds: DNS labels that leave room for the names of parts.

/// What the API server checks.
pub(super) const RULE: &str =
    "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && size(self.metadata.name) <= 40";
/// What people are told.
pub(super) const WORDS: &str = "1 to 40 of a-z, 0-9 and -, beginning with a letter and ending with a letter or digit: \
                                the names of its parts are longer";

/// A name that no object of both kinds can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("metadata.name: `{0}` is no name of a platform or pipeline; use {WORDS}")]
pub struct InvalidObjectName(String);

/// Checks a name as the API server does, for where there is none.
///
/// # Errors
/// The server would refuse it.
pub fn check_name(name: &str) -> Result<(), InvalidObjectName> {
    let (first, last) = (name.bytes().next(), name.bytes().last());
    let allowed = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    let right = name.len() <= 40
        && name.bytes().all(allowed)
        && first.is_some_and(|letter| letter.is_ascii_lowercase())
        && last.is_some_and(|letter| letter != b'-');
    if right { Ok(()) } else { Err(InvalidObjectName(name.chars().take(80).collect())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same names are put before a real API server.
    #[test]
    fn names_are_those_that_a_server_takes() {
        for right in ["a", "a-1", &"a".repeat(40)] {
            assert_eq!(check_name(right), Ok(()));
        }
        for wrong in ["", "1a", "a-", "-a", "a.b", "Upper", "a_b", &"a".repeat(41)] {
            assert!(check_name(wrong).is_err(), "{wrong}");
        }
    }
}
