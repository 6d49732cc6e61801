//! Tokens between roles: HS256 under a key of its own, minutes long. No internal endpoint trusts the network.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use photo_core::clock::Clock;
use photo_runtime::secret::{Secret, SecretError};
use secrecy::{ExposeSecret, SecretString};

use crate::hs256::{self, Claims, MIN_KEY_BYTES, TokenError};

/// The one audience: internal endpoints are the storage role's.
const AUDIENCE: &str = "storage";

/// How long a token is good for.
const LIFETIME_SECONDS: i64 = 300;

/// A cached token is renewed when less than this is left of it: longer than a call and its retries take.
const RENEW_BEFORE_SECONDS: i64 = 60;

/// Who calls the storage role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerRole {
    /// Takes uploads and reads photos for their owners.
    Api,
    /// Runs jobs.
    Worker,
    /// Sends events; reads photos to check who owns them.
    Events,
    /// Keeps the catalogue.
    Operator,
}

impl CallerRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Api, Self::Worker, Self::Events, Self::Operator];

    /// The subject of its tokens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Events => "events",
            Self::Operator => "operator",
        }
    }
}

/// The key of the tokens, by value or in a file.
#[derive(Debug, Clone, clap::Args)]
pub struct ServiceTokenConfig {
    /// Key of the tokens between roles, at least 32 bytes; every role of a platform has the same.
    #[arg(id = "service_token_key", long = "service-token-key", env = "SERVICE_TOKEN_KEY", hide_env_values = true)]
    pub key: Option<SecretString>,
    /// File that holds the key; read again at each use.
    #[arg(id = "service_token_key_file", long = "service-token-key-file", env = "SERVICE_TOKEN_KEY_FILE")]
    pub key_file: Option<PathBuf>,
}

impl ServiceTokenConfig {
    /// The key, checked for its length.
    pub fn secret(&self) -> Result<Secret, SecretError> {
        let value = self.key.as_ref().map(|key| key.expose_secret().to_owned());
        Secret::resolve(value, self.key_file.clone(), "SERVICE_TOKEN_KEY")?.at_least(MIN_KEY_BYTES)
    }
}

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SigningFailed {
    /// The key can't be read.
    #[error(transparent)]
    Key(#[from] SecretError),
    /// The key can't sign.
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// A token that proves nothing, or a key that can't be read to check it.
#[derive(Debug, thiserror::Error)]
pub enum RefusedToken {
    /// Not signed for the storage role by this key, or over.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Its subject is no role.
    #[error("the token is not a role's")]
    Stranger,
    /// The key can't be read.
    #[error(transparent)]
    Key(#[from] SecretError),
}

/// Makes the tokens of one role.
pub struct ServiceTokenSigner {
    role: CallerRole,
    key: Secret,
    clock: Clock,
    current: Mutex<Option<Signed>>,
}

#[derive(Clone)]
struct Signed {
    token: SecretString,
    /// What it was signed with: under another key it proves nothing any more.
    key: SecretString,
    made_at: Timestamp,
    renew_at: Timestamp,
}

impl Signed {
    /// Not before it was signed either: a clock that was set back since would keep it for as long as it was ahead.
    fn is_fresh(&self, now: Timestamp) -> bool {
        (self.made_at..self.renew_at).contains(&now)
    }
}

impl ServiceTokenSigner {
    /// A signer for `role`.
    pub fn new(role: CallerRole, key: Secret, clock: Clock) -> Self {
        Self { role, key, clock, current: Mutex::default() }
    }

    /// A token that is good for at least a minute; the same one until then, or until the key changes.
    pub fn token(&self) -> Result<SecretString, SigningFailed> {
        let (now, key) = (self.clock.now(), self.key.read()?);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.as_ref() {
            Some(signed) if signed.is_fresh(now) && signed.key.expose_secret() == key.expose_secret() => {
                Ok(signed.token.clone())
            }
            Some(_) | None => {
                let signed = self.sign(now, key)?;
                *current = Some(signed.clone());
                Ok(signed.token)
            }
        }
    }

    fn sign(&self, now: Timestamp, key: SecretString) -> Result<Signed, SigningFailed> {
        let expires = now.as_second().saturating_add(LIFETIME_SECONDS);
        let claims = Claims { sub: self.role.as_str().to_owned(), exp: expires, scope: None };
        let token = hs256::sign(&key, AUDIENCE, &claims)?.into();
        let renew_at = Timestamp::from_second(expires - RENEW_BEFORE_SECONDS).unwrap_or(now);
        Ok(Signed { token, key, made_at: now, renew_at })
    }
}

/// Tells which role a token is from.
#[derive(Debug, Clone)]
pub struct ServiceTokenVerifier {
    key: Secret,
}

impl ServiceTokenVerifier {
    /// A verifier of tokens that were signed with the same key.
    pub fn new(key: Secret) -> Self {
        Self { key }
    }

    /// The role whose token it is, if it is genuine, for the storage role and not over.
    pub fn verify(&self, token: &str) -> Result<CallerRole, RefusedToken> {
        let claims = hs256::verify(&self.key.read()?, AUDIENCE, token)?;
        CallerRole::ALL.into_iter().find(|role| role.as_str() == claims.sub).ok_or(RefusedToken::Stranger)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use photo_core::clock::ManualClock;

    use super::*;

    fn key(letter: &str) -> Secret {
        Secret::from_value("SERVICE_TOKEN_KEY", letter.repeat(32))
    }

    #[test]
    fn a_verified_token_names_its_role() {
        let verifier = ServiceTokenVerifier::new(key("k"));
        for role in CallerRole::ALL {
            let signer = ServiceTokenSigner::new(role, key("k"), Clock::System);
            assert_eq!(verifier.verify(signer.token().unwrap().expose_secret()).unwrap(), role);
        }
    }

    #[test]
    fn a_token_is_kept_until_a_minute_before_its_end() {
        let clock = ManualClock::starting_at(Clock::System.now());
        let signer = ServiceTokenSigner::new(CallerRole::Api, key("k"), Clock::Manual(clock.clone()));
        let token = || signer.token().unwrap().expose_secret().to_owned();
        let first = token();
        clock.advance(SignedDuration::from_secs(230));
        assert_eq!(token(), first);
        clock.advance(SignedDuration::from_secs(20));
        assert_ne!(token(), first);
    }

    #[test]
    fn a_token_of_a_clock_that_was_ahead_is_not_kept_when_it_is_set_back() {
        let clock = ManualClock::starting_at(Clock::System.now());
        let signer = ServiceTokenSigner::new(CallerRole::Api, key("k"), Clock::Manual(clock.clone()));
        clock.advance(SignedDuration::from_hours(24));
        let ahead = signer.token().unwrap().expose_secret().to_owned();
        clock.advance(SignedDuration::from_hours(-24));
        assert_ne!(signer.token().unwrap().expose_secret(), ahead);
    }

    #[test]
    fn a_rotated_key_ends_the_token_that_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "k".repeat(32)).unwrap();
        let config = ServiceTokenConfig { key: None, key_file: Some(path.clone()) };
        let (signer, verifier) = (
            ServiceTokenSigner::new(CallerRole::Api, config.secret().unwrap(), Clock::System),
            ServiceTokenVerifier::new(config.secret().unwrap()),
        );
        let old = signer.token().unwrap();
        std::fs::write(&path, "n".repeat(32)).unwrap();
        assert!(verifier.verify(old.expose_secret()).is_err());
        assert_eq!(verifier.verify(signer.token().unwrap().expose_secret()).unwrap(), CallerRole::Api);
    }

    #[test]
    fn tokens_of_users_and_of_other_keys_are_refused() {
        let verifier = ServiceTokenVerifier::new(key("k"));
        let far = Clock::System.now().as_second() + 300;
        let signed = |audience: &str, sub: &str, letter: &str| {
            hs256::sign(&key(letter).read().unwrap(), audience, &Claims { sub: sub.to_owned(), exp: far, scope: None })
                .unwrap()
        };
        assert_eq!(verifier.verify(&signed("storage", "api", "k")).unwrap(), CallerRole::Api);
        for token in [
            signed("photo-platform", "api", "k"),
            signed("storage", "alice", "k"),
            signed("storage", "api", "x"),
            String::new(),
        ] {
            assert!(verifier.verify(&token).is_err(), "{token}");
        }
    }

    #[test]
    fn a_short_key_is_refused() {
        let config = ServiceTokenConfig { key: Some("k".repeat(31).into()), key_file: None };
        assert!(matches!(config.secret(), Err(SecretError::TooShort { actual: 31, .. })));
    }
}
