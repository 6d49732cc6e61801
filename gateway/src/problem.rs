//! Errors as clients see them: RFC 9457 problem documents with a stable code. The only place where a client's
//! status is chosen; what roles tell one another is in `storage/routes/problem.rs`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use photo_core::{
    error_class::ErrorClass,
    port::{ErrorKind, PortError},
};
use photo_runtime::disk;
use serde::Serialize;

use crate::request_id;

/// The stable codes of problems; each has one status and one title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// No token, or not a valid one.
    Unauthorized,
    /// The token is valid, but not for this.
    Forbidden,
    /// There is no such thing, or it is somebody else's.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The request can never succeed as it is.
    Invalid,
    /// The request was read, but names a pipeline that is not there.
    UnknownPipeline,
    /// The idempotency key is that of another request.
    KeyReused,
    /// Not one of the formats that are processed.
    UnsupportedMediaType,
    /// More bytes or photos than are taken at once.
    TooLarge,
    /// It was changed meanwhile.
    Conflict,
    /// A dependency is away or there is no room: try again later.
    Unavailable,
    /// Our fault.
    Internal,
}

impl Code {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::UnknownPipeline | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Invalid => "invalid",
            Self::UnknownPipeline => "unknown_pipeline",
            Self::KeyReused => "key_reused",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::TooLarge => "too_large",
            Self::Conflict => "conflict",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Unauthorized => "Sign in first",
            Self::Forbidden => "Not allowed",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::Invalid => "Invalid request",
            Self::UnknownPipeline => "Unknown pipeline",
            Self::KeyReused => "Idempotency key reused",
            Self::UnsupportedMediaType => "Unsupported file type",
            Self::TooLarge => "Too large",
            Self::Conflict => "Conflict",
            Self::Unavailable => "Temporarily unavailable",
            Self::Internal => "Internal error",
        }
    }
}

/// How long a client is asked to wait after [`Code::Unavailable`], in seconds.
const RETRY_AFTER_SECONDS: u16 = 2;

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// RFC 9457: `about:blank` says that the title tells the kind.
    r#type: &'static str,
    title: &'static str,
    status: u16,
    /// For programs.
    pub(crate) code: Code,
    /// For people: what is wrong and what to do.
    pub(crate) detail: String,
    /// The request, for those who look for it in the logs.
    request_id: String,
    /// Which file of an upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            r#type: "about:blank",
            title: code.title(),
            status: code.status().as_u16(),
            code,
            detail: detail.into(),
            request_id: request_id::current(),
            file_name: None,
        }
    }

    #[must_use]
    pub(crate) fn about_file(mut self, name: &str) -> Self {
        self.file_name = Some(name.to_owned());
        self
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}, or it is not yours."))
    }

    pub(crate) fn unavailable(what: &str) -> Self {
        Self::new(Code::Unavailable, format!("{what} is out of reach right now. Try again in a moment."))
    }

    pub(crate) fn disk_full() -> Self {
        Self::new(Code::Unavailable, "The server's disk is full. Send it again when there is room.")
    }

    /// What a failed port means to a client. The error itself goes to the log: it may hold what is not the client's.
    pub(crate) fn from_port(error: &PortError, what: &'static str) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::not_found(what),
            ErrorKind::Conflict => {
                tracing::warn!(error = error.chain(), what, "a request came too late");
                Self::new(Code::Conflict, format!("The {what} was changed meanwhile. Read it again."))
            }
            ErrorKind::Invalid => {
                tracing::info!(error = error.chain(), what, "a request was refused");
                Self::new(Code::Invalid, format!("The request for the {what} is not valid."))
            }
            ErrorKind::Unavailable if error.class() == ErrorClass::Resource || disk::is_full(error) => {
                tracing::error!(error = error.chain(), what, "the disk is full");
                Self::disk_full()
            }
            ErrorKind::Unavailable => {
                tracing::warn!(error = error.chain(), what, "a dependency is away");
                Self::unavailable(&format!("The {what}"))
            }
            // Whoever runs the platform has to mend it; until then it is an outage, and nothing of the client's is wrong.
            ErrorKind::Denied => {
                tracing::error!(error = error.chain(), what, "a dependency does not let us in");
                Self::unavailable(&format!("The {what}"))
            }
            ErrorKind::Corrupt => {
                tracing::error!(error = error.chain(), what, "a dependency returns wrong bytes");
                Self::new(
                    Code::Internal,
                    "The server can't do this. Its operator finds the reason under the request id.",
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code.status();
        let retry = self.code == Code::Unavailable;
        let challenge = self.code == Code::Unauthorized;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        if challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use photo_core::port::Reason;

    use super::*;

    #[test]
    fn a_problem_has_the_documented_members() {
        let problem = Problem::new(Code::UnknownPipeline, "no such pipeline").about_file("a.jpg");
        assert_eq!(
            serde_json::to_value(&problem).unwrap(),
            serde_json::json!({
                "type": "about:blank", "title": "Unknown pipeline", "status": 422, "code": "unknown_pipeline",
                "detail": "no such pipeline", "requestId": "none", "fileName": "a.jpg",
            })
        );
    }

    #[test]
    fn an_outage_says_when_to_come_back() {
        let response = Problem::unavailable("The photo store").into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn a_full_disk_is_told_apart_from_an_outage() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let problem = Problem::from_port(&PortError::caused(ErrorKind::Unavailable, "writing", full), "photo store");
        assert_eq!(problem, Problem::disk_full());
        assert_eq!(problem.code, Code::Unavailable);
        let told = PortError::new(ErrorKind::Unavailable, "accepting").because(Reason::Full);
        assert_eq!(Problem::from_port(&told, "photo"), Problem::disk_full(), "another role's disk");
    }

    #[test]
    fn a_dependency_that_does_not_let_us_in_is_an_outage() {
        let denied = PortError::new(ErrorKind::Denied, "accepting");
        assert_eq!(Problem::from_port(&denied, "photo store").code, Code::Unavailable);
    }

    #[test]
    fn inner_errors_stay_inside() {
        let inner = PortError::caused(ErrorKind::Denied, "reading s3://bucket/key", std::io::Error::other("key AKIA1"));
        let text = serde_json::to_string(&Problem::from_port(&inner, "photo")).unwrap();
        assert!(!text.contains("AKIA1") && !text.contains("bucket"), "{text}");
    }
}
