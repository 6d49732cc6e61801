//! Who asks: the extractor that every handler about photos takes first, so that none can forget it.

use axum::{extract::FromRequestParts, http::request::Parts};
use photo_core::{client_ref::ClientRef, id::UserId, idempotency::IdempotencyKey, photo::Sender};

use super::Api;
use crate::{
    problem::{Code, Problem},
    request_id::Trace,
    user_token::{Refusal, User},
};

/// The verified user of a request.
pub(crate) struct Owner(pub(crate) UserId);

impl FromRequestParts<Api> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        match api.tokens.verify_header(&parts.headers) {
            Ok(user) => Ok(Self(user.id)),
            Err(refusal) => Err(Problem::new(Code::Unauthorized, advice(refusal))),
        }
    }
}

/// The verified user of a request to what is everybody's: one of those who run the platform.
pub(crate) struct Admin(pub(crate) UserId);

impl FromRequestParts<Api> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        match api.tokens.verify_header(&parts.headers) {
            Ok(User { id, is_admin: true, .. }) => Ok(Self(id)),
            Ok(_) => Err(Problem::new(Code::Forbidden, "This needs a token with `admin` in its claim `scope`.")),
            Err(refusal) => Err(Problem::new(Code::Unauthorized, advice(refusal))),
        }
    }
}

fn advice(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Missing => "Send a token in the header `Authorization: Bearer …`.",
        Refusal::Invalid => "The token is not valid for this platform. Sign in again.",
        Refusal::Expired => "The token has expired. Sign in again.",
    }
}

/// The verified user of an upload, with the names that its client gave itself and its trace.
pub(crate) struct Uploader(pub(crate) Sender);

impl FromRequestParts<Api> for Uploader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Owner(user) = Owner::from_request_parts(parts, api).await?;
        let client_id = client_ref(parts, "x-client-id")?;
        let session_id = client_ref(parts, "x-session-id")?;
        let trace =
            parts.extensions.get::<Trace>().ok_or_else(|| Problem::new(Code::Internal, "The request has no trace."))?;
        Ok(Self(Sender { user, client_id, session_id, traceparent: trace.0.clone() }))
    }
}

/// What the client says to be the same request as another one of its own.
pub(crate) struct Repeats(pub(crate) Option<IdempotencyKey>);

impl FromRequestParts<Api> for Repeats {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let key = value.to_str().ok().and_then(|text| text.parse().ok());
        key.map(|key| Self(Some(key))).ok_or_else(|| {
            let detail = "The header Idempotency-Key has 1 to 255 visible characters of ASCII, such as a UUID.";
            Problem::new(Code::Invalid, detail)
        })
    }
}

fn client_ref(parts: &Parts, header: &'static str) -> Result<Option<ClientRef>, Problem> {
    let Some(value) = parts.headers.get(header) else { return Ok(None) };
    let parsed = value.to_str().ok().and_then(|text| text.parse().ok());
    parsed.map(Some).ok_or_else(|| {
        Problem::new(Code::Invalid, format!("The header {header} has 1 to 128 characters of A-Z a-z 0-9 _ -."))
    })
}
