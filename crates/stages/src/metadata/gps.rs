//! Where a photo was taken, from the GPS directory of its EXIF block.
//!
//! A position is whole or it is none: a part that makes no sense leaves the photo without one.

use exif::{Exif, In, Tag, Value};
use photo_core::photo_metadata::{Degrees, GpsPosition};

/// Heights above the sea that a camera can be at, in metres.
const ALTITUDES_METERS: std::ops::RangeInclusive<f64> = -12_000.0..=100_000.0;

/// The position, if the block has one that makes sense.
pub(super) fn position(exif: &Exif) -> Option<GpsPosition> {
    Some(GpsPosition {
        latitude: angle(exif, Tag::GPSLatitude, 90.0, north(exif)?)?,
        longitude: angle(exif, Tag::GPSLongitude, 180.0, east(exif)?)?,
        altitude_meters: altitude_meters(exif),
    })
}

fn north(exif: &Exif) -> Option<f64> {
    match letter(exif, Tag::GPSLatitudeRef)? {
        b'N' | b'n' => Some(1.0),
        b'S' | b's' => Some(-1.0),
        _ => None,
    }
}

fn east(exif: &Exif) -> Option<f64> {
    match letter(exif, Tag::GPSLongitudeRef)? {
        b'E' | b'e' => Some(1.0),
        b'W' | b'w' => Some(-1.0),
        _ => None,
    }
}

fn letter(exif: &Exif, tag: Tag) -> Option<u8> {
    let Value::Ascii(texts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
    texts.first()?.trim_ascii().first().copied()
}

/// An angle in degrees, minutes and seconds, of which the last two may be missing.
fn angle(exif: &Exif, tag: Tag, max: f64, sign: f64) -> Option<Degrees> {
    let parts = numbers(&exif.get_field(tag, In::PRIMARY)?.value)?;
    let mut parts = parts.into_iter();
    let degrees = parts.next()??;
    let minutes = parts.next().unwrap_or(Some(0.0))?;
    let seconds = parts.next().unwrap_or(Some(0.0))?;
    let parts_of_sixty = 0.0..=60.0;
    if !parts_of_sixty.contains(&minutes) || !parts_of_sixty.contains(&seconds) {
        return None;
    }
    let angle = degrees + minutes / 60.0 + seconds / 3600.0;
    if !(0.0..=max).contains(&angle) {
        return None;
    }
    Degrees::try_from(sign * angle).ok()
}

#[expect(clippy::cast_possible_truncation, reason = "the altitudes of cameras fit")]
fn altitude_meters(exif: &Exif) -> Option<i32> {
    let height = numbers(&exif.get_field(Tag::GPSAltitude, In::PRIMARY)?.value)?.first().copied()??;
    // 1 is below the sea, 3 below the ellipsoid.
    let is_below = exif
        .get_field(Tag::GPSAltitudeRef, In::PRIMARY)
        .and_then(|field| field.value.get_uint(0))
        .is_some_and(|reference| matches!(reference, 1 | 3));
    let height = if is_below { -height } else { height };
    ALTITUDES_METERS.contains(&height).then(|| height.round() as i32)
}

/// The first three numbers of a value, some of which may be none.
fn numbers(value: &Value) -> Option<Vec<Option<f64>>> {
    let numbers = if let Value::Rational(parts) = value {
        parts.iter().take(3).map(|part| quotient(part.num.into(), part.denom.into())).collect()
    } else if let Value::SRational(parts) = value {
        parts.iter().take(3).map(|part| quotient(part.num.into(), part.denom.into())).collect()
    } else {
        return None;
    };
    Some(numbers)
}

/// 0/0 is how many writers leave a part out, and counts as 0; anything else over 0 is no number.
fn quotient(numerator: f64, denominator: f64) -> Option<f64> {
    let is_number = denominator.abs() > 0.0;
    if numerator.abs() > 0.0 { is_number.then(|| numerator / denominator) } else { Some(0.0) }
}
