//! Tokens between roles: HS256 under a key of its own, minutes long. No internal endpoint trusts the network.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use photo_core::clock::Clock;
use photo_runtime::secret::{Secret, SecretError};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// The one audience: internal endpoints are the storage role's.
const AUDIENCE: &str = "storage";

/// How long a token is good for.
const LIFETIME_SECONDS: i64 = 300;

/// A cached token is renewed when less than this is left of it: longer than a call and its retries take.
const RENEW_BEFORE_SECONDS: i64 = 60;

/// Clocks of two machines may be apart by this much.
const LEEWAY_SECONDS: u64 = 30;

/// Shorter keys can be guessed from one token (RFC 7518, section 3.2).
const KEY_BYTES_MIN: usize = 32;

/// Who calls the storage role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes uploads and reads photos for their owners.
    Api,
    /// Runs jobs.
    Worker,
    /// Sends events; reads photos to check who owns them.
    Events,
    /// Keeps the catalogue.
    Operator,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Api, Self::Worker, Self::Events, Self::Operator];
}

/// The key of the tokens, by value or in a file.
#[derive(Debug, Clone, clap::Args)]
pub struct ServiceTokenConfig {
    /// The key, at least 32 bytes; every role of a platform has the same.
    #[arg(id = "service_token_key", long = "service-token-key", env = "SERVICE_TOKEN_KEY", hide_env_values = true)]
    pub key: Option<SecretString>,
    /// A file that holds the key.
    #[arg(id = "service_token_key_file", long = "service-token-key-file", env = "SERVICE_TOKEN_KEY_FILE")]
    pub key_file: Option<PathBuf>,
}

impl ServiceTokenConfig {
    /// The key, read and checked once.
    pub fn resolve(&self) -> Result<Secret, SecretError> {
        let value = self.key.as_ref().map(|key| key.expose_secret().to_owned());
        checked(Secret::resolve(value, self.key_file.clone(), "SERVICE_TOKEN_KEY")?)
    }
}

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SigningFailed {
    /// The key can't be read.
    #[error("the key of service tokens can't be read")]
    Key(#[from] SecretError),
    /// The key is no key.
    #[error("a service token can't be signed")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

/// A token that proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum RefusedToken {
    /// The key can't be read, so that no token can be told from a forged one.
    #[error("the key of service tokens can't be read")]
    Key(#[from] SecretError),
    /// It is forged, over, or not for the storage role.
    #[error("the service token is refused")]
    Token(#[from] jsonwebtoken::errors::Error),
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: Role,
    aud: String,
    exp: i64,
}

fn checked(key: Secret) -> Result<Secret, SecretError> {
    key.at_least(KEY_BYTES_MIN)
}

/// Makes the tokens of one role.
pub struct ServiceTokenSigner {
    role: Role,
    key: Secret,
    clock: Clock,
    current: Mutex<Option<Signed>>,
}

#[derive(Clone)]
struct Signed {
    token: SecretString,
    renew_at: Timestamp,
}

impl ServiceTokenSigner {
    /// A signer for `role`. The key is read again for each new token.
    pub fn new(role: Role, key: Secret, clock: Clock) -> Result<Self, SecretError> {
        Ok(Self { role, key: checked(key)?, clock, current: Mutex::default() })
    }

    /// A token that is good for at least a minute; the same one until then.
    pub fn token(&self) -> Result<SecretString, SigningFailed> {
        let now = self.clock.now();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.as_ref() {
            Some(signed) if now < signed.renew_at => Ok(signed.token.clone()),
            Some(_) | None => {
                let signed = self.sign(now)?;
                *current = Some(signed.clone());
                Ok(signed.token)
            }
        }
    }

    fn sign(&self, now: Timestamp) -> Result<Signed, SigningFailed> {
        let expires = now.as_second().saturating_add(LIFETIME_SECONDS);
        let claims = Claims { sub: self.role, aud: AUDIENCE.to_owned(), exp: expires };
        let key = EncodingKey::from_secret(self.key.read()?.expose_secret().as_bytes());
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)?.into();
        Ok(Signed { token, renew_at: Timestamp::from_second(expires - RENEW_BEFORE_SECONDS).unwrap_or(now) })
    }
}

/// Tells which role a token is from.
pub struct ServiceTokenVerifier {
    key: Secret,
    validation: Validation,
}

impl ServiceTokenVerifier {
    /// A verifier of tokens that were signed with the same key. The key is read again for each token.
    pub fn new(key: Secret) -> Result<Self, SecretError> {
        // The algorithm is fixed here and never taken from the token.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        validation.leeway = LEEWAY_SECONDS;
        Ok(Self { key: checked(key)?, validation })
    }

    /// The role whose token it is, if it is genuine, for the storage role and not over.
    pub fn verify(&self, token: &str) -> Result<Role, RefusedToken> {
        let key = DecodingKey::from_secret(self.key.read()?.expose_secret().as_bytes());
        Ok(jsonwebtoken::decode::<Claims>(token, &key, &self.validation)?.claims.sub)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use photo_core::clock::ManualClock;
    use serde_json::json;

    use super::*;

    fn key(letter: &str) -> Secret {
        Secret::from_value("SERVICE_TOKEN_KEY", letter.repeat(32))
    }

    fn forged(algorithm: Algorithm, claims: &serde_json::Value) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(&[b'k'; 32])).unwrap()
    }

    #[test]
    fn a_verified_token_names_its_role() {
        let verifier = ServiceTokenVerifier::new(key("k")).unwrap();
        for role in Role::ALL {
            let signer = ServiceTokenSigner::new(role, key("k"), Clock::System).unwrap();
            assert_eq!(verifier.verify(signer.token().unwrap().expose_secret()).unwrap(), role);
        }
    }

    #[test]
    fn a_token_is_kept_until_a_minute_before_its_end() {
        let clock = ManualClock::starting_at(Clock::System.now());
        let signer = ServiceTokenSigner::new(Role::Api, key("k"), Clock::Manual(clock.clone())).unwrap();
        let token = || signer.token().unwrap().expose_secret().to_owned();
        let first = token();
        clock.advance(SignedDuration::from_secs(230));
        assert_eq!(token(), first);
        clock.advance(SignedDuration::from_secs(20));
        assert_ne!(token(), first);
    }

    #[test]
    fn other_keys_algorithms_audiences_subjects_and_times_are_refused() {
        let verifier = ServiceTokenVerifier::new(key("k")).unwrap();
        let now = Clock::System.now().as_second();
        let good = json!({"sub": "api", "aud": "storage", "exp": now + 300});
        assert_eq!(verifier.verify(&forged(Algorithm::HS256, &good)).unwrap(), Role::Api);
        let refused = [
            ServiceTokenSigner::new(Role::Api, key("x"), Clock::System)
                .unwrap()
                .token()
                .unwrap()
                .expose_secret()
                .into(),
            forged(Algorithm::HS512, &good),
            forged(Algorithm::HS256, &json!({"sub": "api", "aud": "photo-platform", "exp": now + 300})),
            forged(Algorithm::HS256, &json!({"sub": "api", "exp": now + 300})),
            forged(Algorithm::HS256, &json!({"sub": "api", "aud": "storage"})),
            forged(Algorithm::HS256, &json!({"sub": "api", "aud": "storage", "exp": now - 61})),
            forged(Algorithm::HS256, &json!({"sub": "alice", "aud": "storage", "exp": now + 300})),
            // `{"alg":"none"}`, with the good claims and no signature.
            format!("eyJhbGciOiJub25lIn0.{}.", forged(Algorithm::HS256, &good).split('.').nth(1).unwrap()),
            String::new(),
        ];
        for token in &refused {
            assert!(verifier.verify(token).is_err(), "{token}");
        }
    }

    #[test]
    fn a_short_key_is_refused() {
        let short = Secret::from_value("SERVICE_TOKEN_KEY", "k".repeat(31));
        assert!(matches!(ServiceTokenVerifier::new(short), Err(SecretError::TooShort { actual: 31, .. })));
    }

    #[test]
    fn a_rotated_key_takes_effect_without_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "k".repeat(32)).unwrap();
        let config = ServiceTokenConfig { key: None, key_file: Some(path.clone()) };
        let verifier = ServiceTokenVerifier::new(config.resolve().unwrap()).unwrap();
        let token = |letter| {
            let signer = ServiceTokenSigner::new(Role::Api, key(letter), Clock::System).unwrap();
            signer.token().unwrap().expose_secret().to_owned()
        };
        assert!(verifier.verify(&token("k")).is_ok());
        std::fs::write(&path, "x".repeat(32)).unwrap();
        assert!(verifier.verify(&token("k")).is_err());
        assert_eq!(verifier.verify(&token("x")).unwrap(), Role::Api);
    }
}
