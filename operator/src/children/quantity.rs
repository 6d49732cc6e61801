//! Kubernetes' amounts: the API server stores another form than the one that was written.

use serde_json::Value;

/// Whether both are the same amount, in whatever form.
pub(super) fn are_equal(one: &Value, other: &Value) -> bool {
    match (amount(one), amount(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// In thousandths, so that `500m` has a number; finer amounts are compared as text.
fn amount(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => parse(&number.to_string()),
        Value::String(text) => parse(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An amount such as `1.5Gi`, in thousandths; none where it is no amount or finer than that.
pub(crate) fn parse(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let factor = factor(suffix)?;
    let scaled = digits.checked_mul(factor)?;
    let divisor = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    (scaled % divisor == 0).then_some(scaled / divisor)
}

/// The thousandths that a suffix stands for, by the rules of
/// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>.
fn factor(suffix: &str) -> Option<i128> {
    let binary = |power: u32| 1024_i128.checked_pow(power)?.checked_mul(1000);
    let decimal = |power: u32| 10_i128.checked_pow(power)?.checked_mul(1000);
    match suffix {
        "m" => Some(1),
        "" => Some(1000),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            decimal(exponent)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn amounts_are_thousandths() {
        for (text, thousandths) in
            [("500m", 500), ("0.5", 500), ("2", 2000), ("1Ki", 1_024_000), ("1.5k", 1_500_000), ("1e3", 1_000_000)]
        {
            assert_eq!(parse(text), Some(thousandths), "{text}");
        }
        for text in ["", "Gi", "1Xi", "1.2.3", "one", "100u"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
