//! Conditions from one observation to the next: times change only when a status does.

use jiff::Timestamp;

use crate::{
    api::{Condition, ConditionStatus},
    stall::Stall,
};

/// A condition as it was just found, without a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Which aspect.
    pub r#type: &'static str,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Why, for programs.
    pub reason: &'static str,
    /// Why, for people.
    pub message: String,
}

impl Found {
    /// It holds.
    pub(crate) fn yes(r#type: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self { r#type, status: ConditionStatus::True, reason, message: message.into() }
    }

    /// It does not hold.
    pub(crate) fn no(r#type: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self { r#type, status: ConditionStatus::False, reason, message: message.into() }
    }

    /// Whether somebody has to do something first.
    pub(crate) fn stalled(stall: Option<&Stall>) -> Self {
        match stall {
            Some(stall) => Self::yes("Stalled", stall.reason(), stall.to_string()),
            None => Self::no("Stalled", "Progressing", ""),
        }
    }

    /// Whether what people merge over pods could be merged.
    pub(crate) fn overrides_accepted(stall: Option<&Stall>) -> Self {
        match stall {
            Some(Stall::ViolatesRestricted(refused)) => {
                Self::no("OverridesAccepted", "ViolatesRestricted", refused.to_string())
            }
            Some(_) | None => Self::yes("OverridesAccepted", "Accepted", ""),
        }
    }

    /// It is not known.
    pub(crate) fn unknown(r#type: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self { r#type, status: ConditionStatus::Unknown, reason, message: message.into() }
    }
}

/// Whether conditions say that what they are of is ready.
pub(crate) fn is_ready<'a>(conditions: impl IntoIterator<Item = &'a Condition>) -> bool {
    conditions.into_iter().any(|found| found.r#type == "Ready" && found.status == ConditionStatus::True)
}

/// The conditions to be written: those that were found, with the times of `before` where the status is the same.
pub(crate) fn merge(
    before: &[Condition],
    found: Vec<Found>,
    generation: Option<i64>,
    now: Timestamp,
) -> Vec<Condition> {
    // The API server keeps whole seconds.
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let merged = found.into_iter().map(|found| {
        let same = before.iter().find(|old| old.r#type == found.r#type && old.status == found.status);
        Condition {
            r#type: found.r#type.to_owned(),
            status: found.status,
            reason: found.reason.to_owned(),
            message: found.message,
            last_transition_time: same.map_or(now, |old| old.last_transition_time),
            observed_generation: generation,
        }
    });
    merged.collect()
}

/// Those of `after` that are news: another status or reason than before.
pub(crate) fn transitions<'a>(before: &'a [Condition], after: &'a [Condition]) -> impl Iterator<Item = &'a Condition> {
    after.iter().filter(|new| {
        let old = before.iter().find(|old| old.r#type == new.r#type);
        old.is_none_or(|old| old.status != new.status || old.reason != new.reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_changes_with_the_status_only() {
        let (first, later) = (Timestamp::from_second(100).unwrap(), Timestamp::from_second(200).unwrap());
        let before = merge(&[], vec![Found::no("Ready", "Starting", "1 of 2")], Some(1), first);
        let same = merge(&before, vec![Found::no("Ready", "CrashLooping", "2 of 2")], Some(2), later);
        assert_eq!((same[0].last_transition_time, same[0].reason.as_str()), (first, "CrashLooping"));
        let changed = merge(&same, vec![Found::yes("Ready", "Available", "")], Some(2), later);
        assert_eq!(changed[0].last_transition_time, later);
        assert_eq!(transitions(&same, &changed).count(), 1);
        assert_eq!(transitions(&changed, &changed).count(), 0);
    }
}
