//! What a Redis or BullMQ error means to a caller of a port.

use photo_core::port::{ErrorKind, PortError, Reason};
use redis::{RedisError, ServerErrorKind};

/// A failed Redis call. What isn't plainly the caller's or the operator's fault can pass: `Unavailable`.
pub(super) fn of_redis(attempt: &str, error: RedisError) -> PortError {
    let (kind, reason) = (kind_of(&error), reason_of(&error));
    PortError::caused(kind, attempt, error).because(reason)
}

/// A failed BullMQ call. A lock that is gone or another's, and a job that is gone, mean that the lease was lost.
pub(super) fn of_bull(attempt: &str, error: bullmq::Error) -> PortError {
    use bullmq::Error;

    let kind = match &error {
        Error::Redis(cause) => kind_of(cause),
        Error::JobNotFound(_) | Error::JobLocked(_) | Error::JobLockNotExist(_) | Error::JobNotInState(..) => {
            ErrorKind::Conflict
        }
        Error::Script { code, .. } if LEASE_LOST.contains(code) => ErrorKind::Conflict,
        Error::WorkerClosed | Error::ConnectionClosed | Error::RateLimited { .. } => ErrorKind::Unavailable,
        Error::Script { .. }
        | Error::Serialization(_)
        | Error::InvalidConfig(_)
        | Error::MsgPack(_)
        | Error::Unrecoverable(_)
        | Error::ProcessingError(_)
        | Error::Delayed
        | Error::WaitingChildren
        | Error::JobHasFailedChildren(_) => ErrorKind::Invalid,
    };
    let reason = if let Error::Redis(cause) = &error { Some(reason_of(cause)) } else { None };
    let failed = PortError::caused(kind, attempt, error);
    match reason {
        Some(reason) => failed.because(reason),
        None => failed,
    }
}

/// A call that Redis did not answer in time.
pub(super) fn out_of_time(attempt: &str) -> PortError {
    PortError::new(ErrorKind::Unavailable, format!("{attempt}: no answer in time")).because(Reason::Unreachable)
}

/// No job, no lock, not active, another's lock.
const LEASE_LOST: [i64; 4] = [
    bullmq::error::error_code::JOB_NOT_EXIST,
    bullmq::error::error_code::JOB_LOCK_NOT_EXIST,
    bullmq::error::error_code::JOB_NOT_IN_STATE,
    bullmq::error::error_code::JOB_LOCK_MISMATCH,
];

fn kind_of(error: &RedisError) -> ErrorKind {
    match reason_of(error) {
        Reason::AuthFailed | Reason::AccessDenied => ErrorKind::Denied,
        Reason::Misconfigured => ErrorKind::Invalid,
        Reason::Unreachable | Reason::Missing | Reason::Full | Reason::NotChecked | Reason::Other => {
            ErrorKind::Unavailable
        }
    }
}

/// What a Redis error means to those who run the platform.
fn reason_of(error: &RedisError) -> Reason {
    match (error.kind(), error.code()) {
        (redis::ErrorKind::AuthenticationFailed, _) | (_, Some("NOAUTH" | "WRONGPASS")) => Reason::AuthFailed,
        (redis::ErrorKind::Server(ServerErrorKind::NoPerm), _) | (_, Some("NOPERM")) => Reason::AccessDenied,
        (_, Some("OOM")) => Reason::Full,
        (redis::ErrorKind::InvalidClientConfig | redis::ErrorKind::RESP3NotSupported, _) => Reason::Misconfigured,
        (redis::ErrorKind::Io | redis::ErrorKind::Server(ServerErrorKind::BusyLoading), _) => Reason::Unreachable,
        _ if error.is_timeout() || error.is_connection_dropped() || error.is_connection_refusal() => {
            Reason::Unreachable
        }
        _ => Reason::Other,
    }
}
