//! Amounts as Kubernetes writes them, such as `500m` or `1.5Gi`, as numbers.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Billionths of one, the smallest part that Kubernetes knows (`n`).
const PARTS: u128 = 1_000_000_000;

/// An amount, in billionths of its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(u128);

/// A text that is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount: write a number with at most one of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei")]
pub struct InvalidAmount(String);

/// Whether two values of an API object are the same amount, in whatever form: the API server stores another form than the
/// one that was written.
pub fn are_equal(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    let amount = |value: &serde_json::Value| match value {
        serde_json::Value::Number(number) => parse(&number.to_string()),
        serde_json::Value::String(text) => parse(text),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => None,
    };
    amount(one).is_some_and(|amount_of_one| Some(amount_of_one) == amount(other))
}

impl Amount {
    /// The amount that a quantity tells.
    ///
    /// # Errors
    /// It tells none, or one beyond what a computer has.
    pub fn of(quantity: &Quantity) -> Result<Self, InvalidAmount> {
        parse(&quantity.0).map(Self).ok_or_else(|| InvalidAmount(quantity.0.clone()))
    }

    /// So many percent of it in whole units, rounded down.
    pub fn percent(self, percent: u32) -> u128 {
        // Divided first: the product of a large amount may not fit.
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        let percent = u128::from(percent);
        whole.saturating_mul(percent).saturating_add(rest * percent / 100) / PARTS
    }

    /// Which share of `whole` it is, to a millionth; none of nothing, and never more than 4294.
    pub fn share_of(self, whole: Self) -> Option<f64> {
        /// What a share is counted in.
        const MILLION: u32 = 1_000_000;
        let millionths = self.0.saturating_mul(MILLION.into()).checked_div(whole.0)?;
        Some(f64::from(u32::try_from(millionths).unwrap_or(u32::MAX)) / f64::from(MILLION))
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.fold(0, |sum, amount| sum.saturating_add(amount.0)))
    }
}

fn parse(text: &str) -> Option<u128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let (parts, divisor) = scale(suffix)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = u32::try_from(fraction.len()).ok()?;
    let all: u128 = format!("{whole}{fraction}").parse().ok()?;
    let below = 10_u128.checked_pow(digits)?.checked_mul(divisor)?;
    Some(all.checked_mul(parts)?.div_ceil(below))
}

/// How many billionths one of that suffix is, as a fraction.
fn scale(suffix: &str) -> Option<(u128, u128)> {
    let power = |base: u128, exponent: u32| Some((PARTS.checked_mul(base.checked_pow(exponent)?)?, 1));
    match suffix {
        "" => Some((PARTS, 1)),
        "n" => Some((1, 1)),
        "u" => Some((1000, 1)),
        "m" => Some((1_000_000, 1)),
        "k" => power(1000, 1),
        "M" => power(1000, 2),
        "G" => power(1000, 3),
        "T" => power(1000, 4),
        "P" => power(1000, 5),
        "E" => power(1000, 6),
        "Ki" => power(1024, 1),
        "Mi" => power(1024, 2),
        "Gi" => power(1024, 3),
        "Ti" => power(1024, 4),
        "Pi" => power(1024, 5),
        "Ei" => power(1024, 6),
        exponent => {
            let exponent: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            let power = 10_u128.checked_pow(exponent.unsigned_abs())?;
            if exponent < 0 { Some((PARTS, power)) } else { Some((PARTS.checked_mul(power)?, 1)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> u128 {
        Amount::of(&Quantity(text.to_owned())).unwrap().percent(100)
    }

    #[test]
    fn every_form_of_an_amount_is_understood() {
        let gibibyte = 1024 * 1024 * 1024;
        for (text, expected) in [
            ("512Mi", gibibyte / 2),
            ("1.5Gi", gibibyte + gibibyte / 2),
            ("2", 2),
            ("2500m", 2),
            ("1e3", 1000),
            ("1E3", 1000),
            ("12e-1", 1),
            ("3k", 3000),
            ("1E", 1_000_000_000_000_000_000),
            ("8Ei", 8 << 60),
        ] {
            assert_eq!(units(text), expected, "{text}");
        }
    }

    #[test]
    fn amounts_of_different_forms_are_compared() {
        let amount = |text: &str| Amount::of(&Quantity(text.to_owned())).unwrap();
        assert!(amount("500m") < amount("1") && amount("1Gi") > amount("1G") && amount("0.5") == amount("500m"));
        assert_eq!(amount("512Mi").percent(60), 512 * 1024 * 1024 * 60 / 100);
    }

    #[test]
    fn amounts_are_added_and_compared_as_shares() {
        let amount = |text: &str| Amount::of(&Quantity(text.to_owned())).unwrap();
        let used: Amount = ["250m", "0.5"].into_iter().map(amount).sum();
        assert_eq!(used, amount("750m"));
        assert_eq!(used.share_of(amount("1500m")), Some(0.5));
        assert_eq!(amount("3Gi").share_of(amount("2Gi")), Some(1.5));
        assert_eq!(used.share_of(amount("0")), None);
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "Mi", "1.2.3", "-1", "1 Gi", "1Gb", "1e99", "99999999999999999999999999999999999999999"] {
            assert!(Amount::of(&Quantity(text.to_owned())).is_err(), "{text}");
        }
    }
}
