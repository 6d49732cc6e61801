//! Refusals as problem documents (RFC 9457). Their `code` is the word of the port's error kind, from which the HTTP
//! adapter makes the same error again.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use photo_core::port::{ErrorKind, PortError, Reason};
use serde::Serialize;

/// Seconds after which a caller may try an unavailable store again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A refusal.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    /// What the failure means to those who run the platform, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(skip)]
    status_code: StatusCode,
}

impl Problem {
    fn new(status_code: StatusCode, kind: ErrorKind, detail: String) -> Self {
        let title = status_code.canonical_reason().unwrap_or_default();
        let (status, code) = (status_code.as_u16(), kind.as_str());
        Self { r#type: "about:blank", title, status, code, detail, reason: None, status_code }
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, ErrorKind::Denied, "a valid service token is required".to_owned())
            .because(Reason::AuthFailed)
    }

    fn because(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }

    pub(super) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, ErrorKind::Denied, "this endpoint is not for the caller's role".to_owned())
    }

    pub(super) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::Invalid, "the request is too long".to_owned())
    }

    pub(super) fn invalid(detail: String) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, ErrorKind::Invalid, detail)
    }
}

/// The last place that knows the driver's error, so that it is logged here and stays out of the document.
impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        let status = match error.kind() {
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorKind::Denied => StatusCode::FORBIDDEN,
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Corrupt => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            tracing::error!(error = error.chain(), "the metadata store failed");
        }
        Self::new(status, error.kind(), error.attempt().to_owned()).because(error.reason())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status_code;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}
