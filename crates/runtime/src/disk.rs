//! Full disks: the one outage that people end by themselves, so it is told apart from all others.

use std::{error::Error, io};

use photo_core::port::{PortError, Reason};

/// Whether an error, or one of its causes, is that there is no room: on the disk, in a quota, in a file,
/// or wherever an adapter says so.
pub fn is_full(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if let Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge) = kind {
            return true;
        }
        if error.downcast_ref::<PortError>().is_some_and(|error| error.reason() == Reason::Full) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use photo_core::port::ErrorKind;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("storing a photo")]
    struct Storing(#[source] io::Error);

    #[test]
    fn no_room_is_seen_through_other_errors() {
        assert!(is_full(&Storing(io::ErrorKind::StorageFull.into())));
        assert!(is_full(&io::Error::other(Storing(io::ErrorKind::QuotaExceeded.into()))));
        assert!(!is_full(&Storing(io::ErrorKind::PermissionDenied.into())));
        let refused = PortError::new(ErrorKind::Unavailable, "enqueueing a job");
        assert!(!is_full(&refused));
        assert!(is_full(&refused.because(Reason::Full)));
    }
}
