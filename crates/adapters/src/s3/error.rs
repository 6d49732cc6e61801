//! What a failed request to the object store means: its kind for callers, and whether a repeat can help.

use std::{error::Error as StdError, fmt, time::Duration};

use minio::s3::{
    error::{Error, NetworkError, S3ServerError, ValidationErr},
    minio_error_response::MinioErrorResponse,
    types::BucketName,
};
use photo_core::port::{ErrorKind, PortError, Reason};

/// Why a request failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// No answer in time.
    Slow(Duration),
    /// An S3 error document, or its code in a header.
    Refused {
        /// The S3 error code in lower case.
        code: String,
        /// The server's words.
        message: String,
        /// The server's name of the request.
        request_id: String,
    },
    /// An HTTP status without an S3 error document: a proxy's answer, or not an S3 server.
    Status(u16),
    /// An answer that the promised one can't be read from.
    Garbled(Box<Error>),
    /// No connection, or it broke.
    Connection(Box<Error>),
    /// The client refuses to send this.
    Unsendable(Box<Error>),
}

impl Fault {
    /// Whether the server answered with that S3 error code.
    pub(super) fn is_code(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }

    /// Whether the same request may succeed in a moment.
    pub(super) fn is_temporary(&self) -> bool {
        match self {
            Self::Slow(_) | Self::Connection(_) => true,
            Self::Refused { code, .. } => is_temporary_code(code),
            Self::Status(status) => matches!(status, 429 | 500..=599),
            Self::Garbled(_) | Self::Unsendable(_) => false,
        }
    }

    /// What callers branch on.
    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused { code, .. } => kind_of_code(code),
            Self::Status(401 | 403) => ErrorKind::Denied,
            Self::Unsendable(_) => ErrorKind::Invalid,
            Self::Slow(_) | Self::Status(_) | Self::Garbled(_) | Self::Connection(_) => ErrorKind::Unavailable,
        }
    }

    /// What it means to those who run the platform.
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Refused { code, .. } => reason_of_code(code),
            Self::Status(401) => Reason::AuthFailed,
            Self::Status(403) => Reason::AccessDenied,
            Self::Status(507) => Reason::Full,
            Self::Slow(_) | Self::Connection(_) | Self::Status(502..=504) => Reason::Unreachable,
            Self::Unsendable(_) => Reason::Misconfigured,
            Self::Status(_) | Self::Garbled(_) => Reason::Other,
        }
    }

    /// The port's error for what was attempted in `bucket`.
    pub(super) fn during(self, attempt: impl fmt::Display, bucket: &BucketName) -> PortError {
        let text = if self.is_code("nosuchbucket") {
            format!("{attempt}: there is no bucket `{bucket}`; create it, or restart the storage role, which does")
        } else {
            attempt.to_string()
        };
        let reason = self.reason();
        PortError::caused(self.kind(), text, self).because(reason)
    }
}

fn kind_of_code(code: &str) -> ErrorKind {
    match code {
        "nosuchkey" => ErrorKind::NotFound,
        "accessdenied"
        | "signaturedoesnotmatch"
        | "invalidaccesskeyid"
        | "allaccessdisabled"
        | "accountproblem"
        | "expiredtoken"
        | "invalidtoken" => ErrorKind::Denied,
        "preconditionfailed" | "bucketalreadyexists" => ErrorKind::Conflict,
        "entitytoolarge" | "entitytoosmall" | "invalidargument" | "invalidbucketname" | "invalidobjectname"
        | "keytoolongerror" | "badrequest" | "methodnotallowed" | "notimplemented" => ErrorKind::Invalid,
        // Also a missing bucket, a full disk, a clock that is off: somebody can mend them, and then the call succeeds.
        _ => ErrorKind::Unavailable,
    }
}

fn reason_of_code(code: &str) -> Reason {
    match code {
        "signaturedoesnotmatch"
        | "invalidaccesskeyid"
        | "expiredtoken"
        | "invalidtoken"
        | "invalidsecurity"
        | "notsignedup"
        | "xminioinvalidiamcredentials" => Reason::AuthFailed,
        "accessdenied" | "allaccessdisabled" | "accountproblem" => Reason::AccessDenied,
        "nosuchbucket" | "nosuchkey" => Reason::Missing,
        "xminiostoragefull"
        | "xminioadminbucketquotaexceeded"
        | "xminiobucketquotaexceeded"
        | "quotaexceeded"
        | "insufficientcapacity"
        | "insufficientstorage"
        | "notenoughspace" => Reason::Full,
        // A wrong region, a clock that is off, a bucket that lives elsewhere or is another account's.
        "authorizationheadermalformed"
        | "requesttimetooskewed"
        | "permanentredirect"
        | "bucketalreadyexists"
        | "invalidbucketname"
        | "invalidregion"
        | "illegallocationconstraintexception" => Reason::Misconfigured,
        "serviceunavailable"
        | "slowdown"
        | "slowdownread"
        | "slowdownwrite"
        | "requesttimeout"
        | "xminioservernotinitialized"
        | "xminioserverbusy" => Reason::Unreachable,
        _ => Reason::Other,
    }
}

fn is_temporary_code(code: &str) -> bool {
    matches!(
        code,
        "slowdown" | "slowdownread" | "slowdownwrite" | "internalerror" | "serviceunavailable" | "requesttimeout"
            | "operationaborted" | "xminioservernotinitialized" | "xminioserverbusy"
            // The bytes were damaged or cut on their way.
            | "baddigest" | "incompletebody" | "xamzcontentsha256mismatch"
    )
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::S3Server(S3ServerError::S3Error(answer)) => Self::from(*answer),
            Error::S3Server(
                S3ServerError::HttpError(status, _)
                | S3ServerError::InvalidServerResponse { http_status_code: status, .. },
            )
            | Error::Network(NetworkError::ServerError(status)) => Self::Status(status),
            // The crate files a refused connection under validation.
            Error::Network(NetworkError::ReqwestError(_))
            | Error::Validation(ValidationErr::HttpError(_))
            | Error::DriveIo(_) => Self::Connection(Box::new(error)),
            Error::Validation(
                ValidationErr::XmlParseError(_)
                | ValidationErr::XmlError { .. }
                | ValidationErr::ContentLengthUnknown
                | ValidationErr::StrError { .. },
            ) => Self::Garbled(Box::new(error)),
            Error::Validation(_) => Self::Unsendable(Box::new(error)),
        }
    }
}

impl From<MinioErrorResponse> for Fault {
    fn from(answer: MinioErrorResponse) -> Self {
        // A HEAD has no body, so the crate guesses from the status and calls a missing bucket a missing object.
        let header = answer.headers().get("x-minio-error-code").and_then(|value| value.to_str().ok());
        Self::Refused {
            code: header.map_or_else(|| answer.code().to_string(), str::to_owned).to_ascii_lowercase(),
            message: answer.message().clone().unwrap_or_default(),
            request_id: answer.request_id().to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slow(limit) => write!(f, "the object store did not answer within {limit:?}"),
            Self::Refused { code, message, request_id } => {
                write!(f, "the object store answered {code}: {message} (request {request_id})")
            }
            Self::Status(status) => write!(f, "the answer had status {status} and was not S3's"),
            Self::Garbled(_) => f.write_str("the object store's answer can't be read"),
            Self::Connection(_) => f.write_str("the connection to the object store failed"),
            Self::Unsendable(_) => f.write_str("the request can't be made"),
        }
    }
}

impl StdError for Fault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Garbled(error) | Self::Connection(error) | Self::Unsendable(error) => Some(error.as_ref()),
            Self::Slow(_) | Self::Refused { .. } | Self::Status(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> Fault {
        Fault::Refused { code: code.to_owned(), message: "no".to_owned(), request_id: "1".to_owned() }
    }

    #[test]
    fn codes_have_kinds_and_only_temporary_ones_are_retried() {
        let cases = [
            ("nosuchkey", ErrorKind::NotFound, false),
            ("nosuchbucket", ErrorKind::Unavailable, false),
            ("accessdenied", ErrorKind::Denied, false),
            ("signaturedoesnotmatch", ErrorKind::Denied, false),
            ("entitytoolarge", ErrorKind::Invalid, false),
            ("preconditionfailed", ErrorKind::Conflict, false),
            ("slowdown", ErrorKind::Unavailable, true),
            ("xminiostoragefull", ErrorKind::Unavailable, false),
            ("neverheardof", ErrorKind::Unavailable, false),
        ];
        for (code, kind, temporary) in cases {
            let fault = refused(code);
            assert_eq!((fault.kind(), fault.is_temporary()), (kind, temporary), "{code}");
        }
    }

    #[test]
    fn codes_tell_operators_where_to_look() {
        let cases = [
            ("nosuchbucket", Reason::Missing),
            ("accessdenied", Reason::AccessDenied),
            ("signaturedoesnotmatch", Reason::AuthFailed),
            ("invalidaccesskeyid", Reason::AuthFailed),
            ("xminiostoragefull", Reason::Full),
            ("xminioadminbucketquotaexceeded", Reason::Full),
            ("authorizationheadermalformed", Reason::Misconfigured),
            ("neverheardof", Reason::Other),
        ];
        let bucket = BucketName::new("images").unwrap();
        for (code, reason) in cases {
            assert_eq!(refused(code).during("storing a photo", &bucket).reason(), reason, "{code}");
        }
        assert_eq!(Fault::Slow(Duration::from_secs(1)).reason(), Reason::Unreachable);
    }

    #[test]
    fn statuses_without_a_document_have_kinds_too() {
        let cases = [
            (403, ErrorKind::Denied, false),
            (502, ErrorKind::Unavailable, true),
            (404, ErrorKind::Unavailable, false),
        ];
        for (status, kind, temporary) in cases {
            let fault = Fault::from(Error::Network(NetworkError::ServerError(status)));
            assert_eq!((fault.kind(), fault.is_temporary()), (kind, temporary), "{status}");
        }
    }

    #[test]
    fn a_missing_bucket_is_named_with_what_to_do() {
        let bucket = BucketName::new("images").unwrap();
        let error = refused("nosuchbucket").during("storing a photo", &bucket);
        assert_eq!(
            error.to_string(),
            "storing a photo: there is no bucket `images`; create it, or restart the storage role, which does (unavailable)"
        );
    }
}
