//! Which EXIF tags are told, and as which text.
//!
//! A list of what is told, so that nothing slips through: no directory of the place, no maker notes, no embedded
//! pictures, no serial numbers and no owner's name.

use std::{collections::BTreeMap, fmt};

use exif::{DateTime, Exif, Field, In, Tag, Value};
use photo_core::photo_metadata::PhotoMetadata;

use crate::plain_text::plain_text;

/// The tags by their standard names.
const TOLD: [Tag; 70] = [
    Tag::ImageDescription,
    Tag::Make,
    Tag::Model,
    Tag::Orientation,
    Tag::XResolution,
    Tag::YResolution,
    Tag::ResolutionUnit,
    Tag::Software,
    Tag::DateTime,
    Tag::Artist,
    Tag::Copyright,
    Tag::ExposureTime,
    Tag::FNumber,
    Tag::ExposureProgram,
    Tag::SpectralSensitivity,
    Tag::PhotographicSensitivity,
    Tag::SensitivityType,
    Tag::StandardOutputSensitivity,
    Tag::RecommendedExposureIndex,
    Tag::ISOSpeed,
    Tag::DateTimeOriginal,
    Tag::DateTimeDigitized,
    Tag::OffsetTime,
    Tag::OffsetTimeOriginal,
    Tag::OffsetTimeDigitized,
    Tag::SubSecTime,
    Tag::SubSecTimeOriginal,
    Tag::SubSecTimeDigitized,
    Tag::ShutterSpeedValue,
    Tag::ApertureValue,
    Tag::BrightnessValue,
    Tag::ExposureBiasValue,
    Tag::MaxApertureValue,
    Tag::SubjectDistance,
    Tag::MeteringMode,
    Tag::LightSource,
    Tag::Flash,
    Tag::FocalLength,
    Tag::SubjectArea,
    Tag::FlashEnergy,
    Tag::Temperature,
    Tag::Humidity,
    Tag::Pressure,
    Tag::WaterDepth,
    Tag::Acceleration,
    Tag::CameraElevationAngle,
    Tag::ColorSpace,
    Tag::PixelXDimension,
    Tag::PixelYDimension,
    Tag::FocalPlaneXResolution,
    Tag::FocalPlaneYResolution,
    Tag::FocalPlaneResolutionUnit,
    Tag::SubjectLocation,
    Tag::ExposureIndex,
    Tag::SensingMethod,
    Tag::CustomRendered,
    Tag::ExposureMode,
    Tag::WhiteBalance,
    Tag::DigitalZoomRatio,
    Tag::FocalLengthIn35mmFilm,
    Tag::SceneCaptureType,
    Tag::GainControl,
    Tag::Contrast,
    Tag::Saturation,
    Tag::Sharpness,
    Tag::SubjectDistanceRange,
    Tag::LensSpecification,
    Tag::LensMake,
    Tag::LensModel,
    Tag::Gamma,
];

const _: () = assert!(TOLD.len() <= PhotoMetadata::TAGS_MAX, "every told tag has room");

/// The texts of the tags that the block has.
pub(super) fn texts(exif: &Exif) -> BTreeMap<String, String> {
    // One by one: the reader keeps each value that it was asked for, and a block can repeat a long one in each entry.
    let told = TOLD.iter().filter_map(|tag| {
        let field = exif.get_field(*tag, In::PRIMARY)?;
        Some((tag.to_string(), text(field, exif)?))
    });
    told.collect()
}

/// A tag's value as it is shown to people, with its unit.
fn text(field: &Field, exif: &Exif) -> Option<String> {
    let chars_max = PhotoMetadata::TAG_CHARS_MAX;
    match &field.value {
        Value::Ascii(parts) => match date_time(field.tag, parts) {
            Some(date_time) => plain_text(chars_max, |text| write!(text, "{date_time}")),
            None => plain_text(chars_max, |text| write_parts(text, parts)),
        },
        Value::Rational(parts) if parts.iter().any(|part| part.denom == 0) => None,
        Value::SRational(parts) if parts.iter().any(|part| part.denom == 0) => None,
        // Bytes of no known form.
        Value::Undefined(..) | Value::Unknown(..) => None,
        Value::Byte(_)
        | Value::Short(_)
        | Value::Long(_)
        | Value::Rational(_)
        | Value::SByte(_)
        | Value::SShort(_)
        | Value::SLong(_)
        | Value::SRational(_)
        | Value::Float(_)
        | Value::Double(_) => plain_text(chars_max, |text| write!(text, "{}", field.display_value().with_unit(exif))),
    }
}

fn write_parts(text: &mut dyn fmt::Write, parts: &[Vec<u8>]) -> fmt::Result {
    let mut separator = "";
    for part in parts.iter().map(|part| part.trim_ascii()).filter(|part| !part.is_empty()) {
        write!(text, "{separator}{}", String::from_utf8_lossy(part))?;
        separator = ", ";
    }
    Ok(())
}

/// Dates are shown as everywhere else, with hyphens.
fn date_time(tag: Tag, parts: &[Vec<u8>]) -> Option<DateTime> {
    let is_date_time = [Tag::DateTime, Tag::DateTimeOriginal, Tag::DateTimeDigitized].contains(&tag);
    DateTime::from_ascii(parts.first().filter(|_| is_date_time)?).ok()
}
