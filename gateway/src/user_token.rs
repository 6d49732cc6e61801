//! Who a client is: the subject of a bearer token that this platform's key signed.

use std::path::PathBuf;

use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use photo_adapters::hs256::{self, Claims, TokenError};
use photo_core::id::UserId;
use photo_runtime::secret::{Secret, SecretError};

/// The key and audience of users' tokens.
#[derive(Debug, Clone, clap::Args)]
pub struct UserTokenConfig {
    /// Key of users' tokens (HS256), at least 32 bytes.
    #[arg(id = "jwt_secret", long = "jwt-secret", env = "JWT_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// File that holds the key; read again at each use.
    #[arg(id = "jwt_secret_file", long = "jwt-secret-file", env = "JWT_SECRET_FILE")]
    secret_file: Option<PathBuf>,
    /// Audience that tokens must be for.
    #[arg(id = "jwt_audience", long = "jwt-audience", env = "JWT_AUDIENCE", default_value = "photo-platform")]
    audience: String,
}

/// A verified user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: UserId,
    /// Whether it may see and change what is everybody's.
    pub(crate) is_admin: bool,
    /// When the token ends.
    pub(crate) expires_at: Timestamp,
}

/// The word in the claim `scope` of those who run the platform.
const ADMIN: &str = "admin";

/// What a token lets its bearer do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// What owners do with their own photos.
    Own,
    /// That, and what those who run the platform do.
    Admin,
}

/// Why somebody is not let in; the texts are those that Socket.IO clients receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("Authentication required")]
    Missing,
    #[error("Invalid token")]
    Invalid,
    #[error("Token expired")]
    Expired,
}

/// Verifies and signs users' tokens.
#[derive(Debug, Clone)]
pub struct UserTokens {
    key: Secret,
    audience: String,
}

impl UserTokens {
    /// Of a platform with this key and audience.
    ///
    /// # Errors
    /// The key can't be read or is too short.
    pub fn new(key: Secret, audience: impl Into<String>) -> Result<Self, SecretError> {
        Ok(Self { key: key.at_least(hs256::MIN_KEY_BYTES)?, audience: audience.into() })
    }

    pub(crate) fn from_config(config: UserTokenConfig) -> anyhow::Result<Self> {
        let key = Secret::resolve(config.secret, config.secret_file, "JWT_SECRET")?;
        Ok(Self::new(key, config.audience)?)
    }

    /// The user of a token.
    pub(crate) fn verify(&self, token: &str) -> Result<User, Refusal> {
        let key = self.key.read().map_err(|error| {
            tracing::error!(%error, "users' tokens can't be verified");
            Refusal::Invalid
        })?;
        let claims = hs256::verify(&key, &self.audience, token).map_err(|error| match error {
            TokenError::Expired => Refusal::Expired,
            TokenError::Invalid | TokenError::Unsignable => Refusal::Invalid,
        })?;
        let is_admin = claims.grants(ADMIN);
        let Claims { sub, exp, .. } = claims;
        let id = UserId::try_from(sub).map_err(|_| Refusal::Invalid)?;
        // A time that jiff can't hold lies beyond the year 9999: the token outlives every connection.
        let expires_at = Timestamp::from_second(exp).unwrap_or(Timestamp::MAX);
        Ok(User { id, is_admin, expires_at })
    }

    /// The user of a request's `Authorization: Bearer` header.
    pub(crate) fn verify_header(&self, headers: &HeaderMap) -> Result<User, Refusal> {
        let header = headers.get(header::AUTHORIZATION).ok_or(Refusal::Missing)?;
        let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Refusal::Invalid)?;
        if scheme.eq_ignore_ascii_case("bearer") { self.verify(token.trim()) } else { Err(Refusal::Invalid) }
    }

    /// A token for a user, until `expires_at`.
    ///
    /// # Errors
    /// The key can't be read.
    pub fn sign(&self, user: &UserId, grant: Grant, expires_at: Timestamp) -> anyhow::Result<String> {
        let scope = match grant {
            Grant::Own => None,
            Grant::Admin => Some(ADMIN.to_owned()),
        };
        let claims = Claims { sub: user.to_string(), exp: expires_at.as_second(), scope };
        Ok(hs256::sign(&self.key.read()?, &self.audience, &claims)?)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn tokens() -> UserTokens {
        let key = Secret::from_value("JWT_SECRET", "0123456789abcdef0123456789abcdef");
        UserTokens { key, audience: "photo-platform".to_owned() }
    }

    fn header(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_bearer_header_names_the_user() {
        let expires_at: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
        let alice: UserId = "alice".parse().unwrap();
        let token = tokens().sign(&alice, Grant::Own, expires_at).unwrap();
        let user = User { id: alice, is_admin: false, expires_at };
        assert_eq!(tokens().verify_header(&header(&format!("Bearer {token}"))), Ok(user.clone()));
        assert_eq!(tokens().verify_header(&header(&format!("bearer {token}"))), Ok(user));
        assert_eq!(tokens().verify_header(&header(&token)), Err(Refusal::Invalid), "the scheme is required");
        assert_eq!(tokens().verify_header(&header(&format!("Basic {token}"))), Err(Refusal::Invalid));
        assert_eq!(tokens().verify_header(&HeaderMap::new()), Err(Refusal::Missing));
    }

    #[test]
    fn only_a_token_of_that_scope_is_an_admins() {
        let expires_at: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
        let alice: UserId = "alice".parse().unwrap();
        for (grant, is_admin) in [(Grant::Own, false), (Grant::Admin, true)] {
            let token = tokens().sign(&alice, grant, expires_at).unwrap();
            assert_eq!(tokens().verify(&token).unwrap().is_admin, is_admin, "{grant:?}");
        }
    }

    #[test]
    fn a_subject_that_cannot_own_photos_is_refused() {
        let claims = Claims { sub: String::new(), exp: 4_102_444_800, scope: None };
        let key = tokens().key.read().unwrap();
        let token = hs256::sign(&key, "photo-platform", &claims).unwrap();
        assert_eq!(tokens().verify(&token), Err(Refusal::Invalid));
    }
}
