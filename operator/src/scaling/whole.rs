//! Whole replicas of fractions.

/// What rounding errors may add to a number that is whole.
const ROUNDING: f64 = 1e-9;

/// The smallest number of replicas that is as much. Less than nothing is nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` ends at the bounds, of NaN at 0")]
pub(super) fn replicas(needed: f64) -> u32 {
    (needed - ROUNDING).ceil() as u32
}

/// A count for arithmetic. Four billion is as good as more.
pub(super) fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_replica_is_one_more_and_no_number_is_none() {
        let needed = [0.0, 0.1, 2.0, 2.000_000_000_1, 2.1, -3.0, f64::NAN, f64::INFINITY];
        assert_eq!(needed.map(replicas), [0, 1, 2, 2, 3, 0, 0, u32::MAX]);
    }
}
