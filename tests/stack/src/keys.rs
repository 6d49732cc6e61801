//! The keys of one platform, random for each, and the tokens that are signed with them.

use std::time::Duration;

use anyhow::Context;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use photo_core::clock::Clock;
use serde::Serialize;
use uuid::Uuid;

/// Audience of users' tokens.
pub const USER_AUDIENCE: &str = "photo-platform";
/// Audience of tokens between roles.
pub const STORAGE_AUDIENCE: &str = "storage";

/// What a platform signs tokens with.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Key of users' tokens, `JWT_SECRET`.
    pub user: String,
    /// Key of tokens between roles, `SERVICE_TOKEN_KEY`.
    pub role: String,
}

#[derive(Debug, Serialize)]
struct Claims<'a> {
    sub: &'a str,
    aud: &'a str,
    exp: i64,
}

impl Keys {
    /// Keys that nobody has seen: 256 bits each, less what a version 4 UUID fixes.
    pub fn random() -> Self {
        let key = || format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Self { user: key(), role: key() }
    }

    /// A token for the user `sub`, valid for `ttl`.
    ///
    /// # Errors
    /// Where the time lies beyond what a timestamp holds.
    pub fn user_token(&self, sub: &str, ttl: Duration) -> anyhow::Result<String> {
        sign(&self.user, sub, USER_AUDIENCE, ttl)
    }

    /// A token with which a role asks the storage role, valid for `ttl`.
    ///
    /// # Errors
    /// Where the time lies beyond what a timestamp holds.
    pub fn role_token(&self, role: &str, ttl: Duration) -> anyhow::Result<String> {
        sign(&self.role, role, STORAGE_AUDIENCE, ttl)
    }
}

pub(crate) fn sign(key: &str, sub: &str, aud: &str, ttl: Duration) -> anyhow::Result<String> {
    let exp = Clock::System.now().checked_add(ttl)?.as_second();
    let key = EncodingKey::from_secret(key.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &Claims { sub, aud, exp }, &key).context("signing a token")
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;

    fn claims(token: &str, key: &str, audience: &str) -> Option<Value> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["sub", "aud", "exp"]);
        jsonwebtoken::decode(token, &DecodingKey::from_secret(key.as_bytes()), &validation)
            .ok()
            .map(|token| token.claims)
    }

    #[test]
    fn tokens_name_their_subject_and_are_good_for_their_own_key_and_audience_only() {
        let keys = Keys::random();
        let user = keys.user_token("alice", Duration::from_mins(1)).unwrap();
        let operator = keys.role_token("operator", Duration::from_mins(1)).unwrap();
        assert_eq!(claims(&user, &keys.user, "photo-platform").unwrap()["sub"], "alice");
        assert_eq!(claims(&operator, &keys.role, "storage").unwrap()["sub"], "operator");
        assert_eq!(claims(&user, &keys.role, "photo-platform"), None);
        assert_eq!(claims(&operator, &keys.role, "photo-platform"), None);
    }

    #[test]
    fn keys_are_long_and_never_the_same() {
        let keys = Keys::random();
        assert!(keys.user.len() >= 32 && keys.role.len() >= 32);
        assert_ne!(keys.user, keys.role);
        assert_ne!(keys.user, Keys::random().user);
    }
}
