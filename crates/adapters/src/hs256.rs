//! JSON web tokens of one fixed algorithm, HS256: users' tokens and the service tokens between roles differ only in
//! key, audience and life time. Nothing in a token picks the algorithm or the key.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};

/// Least length of a key in bytes: that of the hash (RFC 7518, section 3.2).
pub const MIN_KEY_BYTES: usize = 32;

/// How far the clocks of two machines may differ.
const LEEWAY_SECONDS: u64 = 30;

/// The longest token that is looked at.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// What a token says. Subject, audience and expiry are required.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who.
    pub sub: String,
    /// Until when, in seconds since 1970.
    pub exp: i64,
    /// What else its bearer may do: words between spaces (RFC 8693, section 4.2). A claim of another form grants nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text_or_nothing")]
    pub scope: Option<String>,
}

impl Claims {
    /// Whether the scope holds that word.
    pub fn grants(&self, word: &str) -> bool {
        self.scope.as_ref().is_some_and(|scope| scope.split(' ').any(|granted| granted == word))
    }
}

fn text_or_nothing<'de, D: Deserializer<'de>>(claim: D) -> Result<Option<String>, D::Error> {
    let claim = serde_json::Value::deserialize(claim)?;
    Ok(claim.as_str().map(str::to_owned))
}

#[derive(Serialize)]
struct Signed<'a> {
    #[serde(flatten)]
    claims: &'a Claims,
    aud: &'a str,
}

/// Why a token is refused. The token is never part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was valid once.
    #[error("the token has expired")]
    Expired,
    /// Wrong signature, algorithm, audience or form, or a claim is missing.
    #[error("the token is not valid")]
    Invalid,
    /// It can't be signed.
    #[error("the token can't be signed with this key")]
    Unsignable,
}

/// Signs claims for an audience.
pub fn sign(key: &SecretString, audience: &str, claims: &Claims) -> Result<String, TokenError> {
    let key = EncodingKey::from_secret(key.expose_secret().as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &Signed { claims, aud: audience }, &key)
        .map_err(|_| TokenError::Unsignable)
}

/// The claims of a token that this key signed for this audience and that has not expired.
pub fn verify(key: &SecretString, audience: &str, token: &str) -> Result<Claims, TokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError::Invalid);
    }
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_required_spec_claims(&["aud", "exp", "sub"]);
    rules.set_audience(&[audience]);
    rules.validate_nbf = true;
    rules.leeway = LEEWAY_SECONDS;
    let key = DecodingKey::from_secret(key.expose_secret().as_bytes());
    match jsonwebtoken::decode::<Claims>(token, &key, &rules) {
        Ok(decoded) => Ok(decoded.claims),
        Err(error) if *error.kind() == ErrorKind::ExpiredSignature => Err(TokenError::Expired),
        Err(_) => Err(TokenError::Invalid),
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::encode;
    use serde_json::json;

    use super::*;

    const FAR: i64 = 4_102_444_800; // the year 2100

    fn key() -> SecretString {
        "0123456789abcdef0123456789abcdef".into()
    }

    fn signed(header: &Header, claims: &serde_json::Value, key: &[u8]) -> String {
        encode(header, claims, &EncodingKey::from_secret(key)).unwrap()
    }

    #[test]
    fn a_signed_token_verifies_for_its_audience_only() {
        let claims = Claims { sub: "alice".to_owned(), exp: FAR, scope: None };
        let token = sign(&key(), "photo-platform", &claims).unwrap();
        assert_eq!(verify(&key(), "photo-platform", &token), Ok(claims));
        assert_eq!(verify(&key(), "storage", &token), Err(TokenError::Invalid));
        assert_eq!(
            verify(&"another-key-another-key-another-k".into(), "photo-platform", &token),
            Err(TokenError::Invalid)
        );
    }

    #[test]
    fn crafted_tokens_are_refused() {
        let whole = json!({ "sub": "alice", "aud": "photo-platform", "exp": FAR });
        let key_bytes = b"0123456789abcdef0123456789abcdef";
        let hs512 = signed(&Header::new(Algorithm::HS512), &whole, key_bytes);
        let none = format!("eyJhbGciOiJub25lIn0.{}.", hs512.split('.').nth(1).unwrap());
        let without = |claim: &str| {
            let mut claims = whole.clone();
            claims.as_object_mut().unwrap().remove(claim);
            signed(&Header::new(Algorithm::HS256), &claims, key_bytes)
        };
        let cases = [
            ("another algorithm", hs512),
            ("no algorithm", none),
            ("no subject", without("sub")),
            ("no expiry", without("exp")),
            ("no audience", without("aud")),
            ("not a token", "a.b.c".to_owned()),
            ("nothing", String::new()),
            ("too long", "a".repeat(MAX_TOKEN_BYTES + 1)),
        ];
        for (what, token) in cases {
            assert_eq!(verify(&key(), "photo-platform", &token), Err(TokenError::Invalid), "{what}");
        }
    }

    #[test]
    fn a_scope_is_a_text_of_words_and_anything_else_grants_nothing() {
        let granted = |scope: serde_json::Value| {
            let claims = json!({ "sub": "alice", "aud": "photo-platform", "exp": FAR, "scope": scope });
            let token = signed(&Header::new(Algorithm::HS256), &claims, b"0123456789abcdef0123456789abcdef");
            verify(&key(), "photo-platform", &token).unwrap().grants("admin")
        };
        for scope in [json!("admin"), json!("photos admin"), json!("admin photos")] {
            assert!(granted(scope.clone()), "{scope}");
        }
        for scope in
            [json!(""), json!("administrator"), json!("Admin"), json!(["admin"]), json!({}), json!(null), json!(true)]
        {
            assert!(!granted(scope.clone()), "{scope}");
        }
    }

    #[test]
    fn an_old_token_has_expired() {
        let token =
            sign(&key(), "photo-platform", &Claims { sub: "alice".to_owned(), exp: 1_000_000_000, scope: None })
                .unwrap();
        assert_eq!(verify(&key(), "photo-platform", &token), Err(TokenError::Expired));
    }
}
