//! What would help the storage role, by its own numbers. It is always one pod, so that more pods are never it.

use std::collections::BTreeMap;

use crate::{api::ScalingRecommendation, names::Component};

/// Its metrics.
const DISK: &str = "photo_database_disk_bytes";
const DISK_AVAILABLE: &str = "photo_database_disk_available_bytes";
const UNREFERENCED: &str = "photo_unreferenced_objects";

/// From this share of its volume on, somebody should let it grow.
const NEARLY_FULL: f64 = 0.8;
/// From this one on, soon.
const ALMOST_FULL: f64 = 0.95;
/// More objects that no photo names are worth a look (`cleanup_orphans` of the seeds' optimizer).
const MANY_OBJECTS: f64 = 100.0;

/// What would help it; `None` where it does not tell.
pub(super) fn recommendation(numbers: &BTreeMap<String, f64>) -> Option<ScalingRecommendation> {
    let number = |name: &str| numbers.get(name).copied();
    let disk = number(DISK).filter(|bytes| *bytes > 0.0)?;
    let used = 1.0 - number(DISK_AVAILABLE)? / disk;
    let (reason, impact) = if used >= ALMOST_FULL {
        ("VolumeNearlyFull", "High")
    } else if used >= NEARLY_FULL {
        ("VolumeNearlyFull", "Medium")
    } else if number(UNREFERENCED)? > MANY_OBJECTS {
        ("UnreferencedObjects", "Low")
    } else {
        ("Steady", "Low")
    };
    Some(ScalingRecommendation {
        component: Component::Metadata.as_str().to_owned(),
        current: 1,
        recommended: 1,
        reason: reason.to_owned(),
        confidence_percent: 100,
        impact: impact.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(available: f64, unreferenced: f64) -> (String, String) {
        let numbers = [(DISK, 1000.0), (DISK_AVAILABLE, available), (UNREFERENCED, unreferenced)];
        let numbers = numbers.map(|(name, number)| (name.to_owned(), number));
        let ScalingRecommendation { reason, impact, .. } = recommendation(&numbers.into()).unwrap();
        (reason, impact)
    }

    #[test]
    fn what_is_most_urgent_is_told() {
        for (available, unreferenced, reason, impact) in [
            (900.0, 0.0, "Steady", "Low"),
            (900.0, 100.0, "Steady", "Low"),
            (900.0, 101.0, "UnreferencedObjects", "Low"),
            (200.0, 101.0, "VolumeNearlyFull", "Medium"),
            (50.0, 0.0, "VolumeNearlyFull", "High"),
        ] {
            assert_eq!(told(available, unreferenced), (reason.to_owned(), impact.to_owned()));
        }
    }

    #[test]
    fn an_older_role_tells_nothing() {
        assert_eq!(recommendation(&BTreeMap::new()), None);
    }
}
