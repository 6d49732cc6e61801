//! Dependencies that are not asked: whoever works with one tells how that went.

use photo_core::port::PortError;

use super::{CheckFailed, DependencyState, Health, Need};

/// Tells the health of a role about one dependency.
#[derive(Clone)]
pub struct Told {
    health: Health,
    name: &'static str,
}

impl Health {
    /// Adds a dependency that is told about from now on. Unhealthy and deferred until then.
    pub fn told(&self, name: &'static str) -> Told {
        self.set(name, DependencyState::new(Need::Deferred, Err(CheckFailed::not_yet())));
        Told { health: self.clone(), name }
    }
}

impl Told {
    /// What is done with it goes well; `note` is for people.
    pub fn well(&self, note: Option<String>) {
        self.health.set(self.name, DependencyState { note, ..DependencyState::new(Need::Deferred, Ok(())) });
    }

    /// It did not go well. `need` says whether the role can do its work all the same.
    pub fn failed(&self, need: Need, error: &PortError) {
        self.health.set(self.name, DependencyState::new(need, Err(CheckFailed::by(error))));
    }
}

#[cfg(test)]
mod tests {
    use photo_core::port::{ErrorKind, Reason};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::health::HealthStatus;

    #[test]
    fn a_dependency_is_as_it_was_last_told() {
        let health = Health::new("storage", CancellationToken::new());
        let told = health.told("buckets");
        assert_eq!(health.report().status, HealthStatus::Degraded, "unknown is not healthy");
        assert_eq!(health.report().dependencies["buckets"].reason, Some(Reason::NotChecked));
        told.well(Some("all four".to_owned()));
        assert_eq!(health.report().status, HealthStatus::Healthy);
        assert_eq!(health.report().dependencies["buckets"].note.as_deref(), Some("all four"));
        let denied = PortError::new(ErrorKind::Denied, "making a bucket");
        told.failed(Need::Deferred, &denied);
        assert!(health.is_ready() && health.report().status == HealthStatus::Degraded);
        told.failed(Need::Required, &denied);
        assert!(!health.is_ready());
        assert_eq!(health.report().dependencies["buckets"].reason, Some(Reason::AccessDenied));
        told.well(None);
        assert!(health.is_ready());
    }
}
