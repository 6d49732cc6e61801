//! The storage role's refusals (RFC 9457), back as errors of the port.

use photo_core::port::{ErrorKind, PortError, Reason};
use reqwest::StatusCode;
use serde::Deserialize;

/// What is read of a problem document.
#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
    detail: String,
    #[serde(default)]
    reason: Option<Reason>,
}

/// The error that a refusal stands for. What is not a refusal of the storage role, but perhaps of something in front
/// of it, says nothing about the photo: `Unavailable`.
pub(super) fn error_of(attempt: &'static str, status: StatusCode, body: &[u8]) -> PortError {
    let problem: Option<Problem> = serde_json::from_slice(body).ok();
    match problem {
        Some(Problem { code, detail, reason }) => {
            let refused = PortError::new(kind_of(&code), detail);
            match reason {
                Some(reason) => refused.because(reason),
                None => refused,
            }
        }
        None => PortError::new(ErrorKind::Unavailable, format!("{attempt}: the storage role answered {status}")),
    }
}

fn kind_of(code: &str) -> ErrorKind {
    let refusals =
        [ErrorKind::NotFound, ErrorKind::Conflict, ErrorKind::Invalid, ErrorKind::Denied, ErrorKind::Corrupt];
    refusals.into_iter().find(|kind| kind.as_str() == code).unwrap_or(ErrorKind::Unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_the_reason_that_the_storage_role_found() {
        let full = br#"{"code":"unavailable","detail":"write to the database","reason":"Full"}"#;
        assert_eq!(error_of("accept a photo", StatusCode::SERVICE_UNAVAILABLE, full).reason(), Reason::Full);
    }

    #[test]
    fn only_a_problem_of_ours_is_a_refusal() {
        let cases = [
            (StatusCode::NOT_FOUND, r#"{"code":"not_found","detail":"there is no photo"}"#, ErrorKind::NotFound),
            (StatusCode::CONFLICT, r#"{"code":"conflict","detail":"x"}"#, ErrorKind::Conflict),
            (StatusCode::UNAUTHORIZED, r#"{"code":"denied","detail":"x"}"#, ErrorKind::Denied),
            (StatusCode::INTERNAL_SERVER_ERROR, r#"{"code":"corrupt","detail":"x"}"#, ErrorKind::Corrupt),
            (StatusCode::SERVICE_UNAVAILABLE, r#"{"code":"unavailable","detail":"x"}"#, ErrorKind::Unavailable),
            (StatusCode::IM_A_TEAPOT, r#"{"code":"unheard of","detail":"x"}"#, ErrorKind::Unavailable),
            (StatusCode::NOT_FOUND, "<html>no such page</html>", ErrorKind::Unavailable),
            (StatusCode::BAD_GATEWAY, "", ErrorKind::Unavailable),
        ];
        for (status, body, kind) in cases {
            assert_eq!(error_of("read a photo", status, body.as_bytes()).kind(), kind, "{status} {body}");
        }
    }
}
