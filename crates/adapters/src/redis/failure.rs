//! What a Redis or BullMQ error means to a caller of a port.

use photo_core::port::{ErrorKind, PortError};
use redis::RedisError;

/// A failed Redis call. What isn't plainly the caller's or the operator's fault can pass: `Unavailable`.
pub(super) fn of_redis(attempt: &str, error: RedisError) -> PortError {
    PortError::caused(kind_of(&error), attempt, error)
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
    PortError::caused(kind, attempt, error)
}

/// A call that Redis did not answer in time.
pub(super) fn out_of_time(attempt: &str) -> PortError {
    PortError::new(ErrorKind::Unavailable, format!("{attempt}: no answer in time"))
}

/// No job, no lock, not active, another's lock.
const LEASE_LOST: [i64; 4] = [
    bullmq::error::error_code::JOB_NOT_EXIST,
    bullmq::error::error_code::JOB_LOCK_NOT_EXIST,
    bullmq::error::error_code::JOB_NOT_IN_STATE,
    bullmq::error::error_code::JOB_LOCK_MISMATCH,
];

fn kind_of(error: &RedisError) -> ErrorKind {
    let denied = matches!(
        error.kind(),
        redis::ErrorKind::AuthenticationFailed | redis::ErrorKind::Server(redis::ServerErrorKind::NoPerm)
    ) || matches!(error.code(), Some("NOAUTH" | "WRONGPASS"));
    let ours = matches!(error.kind(), redis::ErrorKind::InvalidClientConfig | redis::ErrorKind::RESP3NotSupported);
    match (denied, ours) {
        (true, _) => ErrorKind::Denied,
        (false, true) => ErrorKind::Invalid,
        (false, false) => ErrorKind::Unavailable,
    }
}
