//! What of a photo's EXIF its copy may carry, as a block of its own.
//!
//! A list of what is carried, so that nothing slips through: no directory of the place, no maker's notes, no embedded
//! pictures, and nothing that is true of the original's pixels alone. Values are read and written anew, each of the kind
//! that its tag has: what the original's block holds besides is not copied.

use std::io::Cursor;

use exif::{Exif, Field, In, Tag, Value, experimental::Writer};
use photo_core::{photo::Dimensions, upload_format::UploadFormat};

use crate::{
    exif_block::{self, ExifBlock},
    failure::contain,
};

/// What a JPEG segment holds besides its length and the name of an EXIF block.
const BLOCK_BYTES_MAX: usize = 65_535 - 2 - 6;

/// Most numbers of one value; no tag of the list has more than four.
const NUMBERS_MAX: usize = 16;

const TEXTS: [Tag; 22] = [
    Tag::ImageDescription,
    Tag::Make,
    Tag::Model,
    Tag::Software,
    Tag::DateTime,
    Tag::Artist,
    Tag::Copyright,
    Tag::SpectralSensitivity,
    Tag::DateTimeOriginal,
    Tag::DateTimeDigitized,
    Tag::OffsetTime,
    Tag::OffsetTimeOriginal,
    Tag::OffsetTimeDigitized,
    Tag::SubSecTime,
    Tag::SubSecTimeOriginal,
    Tag::SubSecTimeDigitized,
    Tag::ImageUniqueID,
    Tag::CameraOwnerName,
    Tag::BodySerialNumber,
    Tag::LensMake,
    Tag::LensModel,
    Tag::LensSerialNumber,
];

/// Without those of places in the picture, which is turned, and of colours, which become sRGB's.
const NUMBERS: [Tag; 48] = [
    Tag::XResolution,
    Tag::YResolution,
    Tag::ResolutionUnit,
    Tag::ExposureTime,
    Tag::FNumber,
    Tag::ExposureProgram,
    Tag::PhotographicSensitivity,
    Tag::SensitivityType,
    Tag::StandardOutputSensitivity,
    Tag::RecommendedExposureIndex,
    Tag::ISOSpeed,
    Tag::ISOSpeedLatitudeyyy,
    Tag::ISOSpeedLatitudezzz,
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
    Tag::Temperature,
    Tag::Humidity,
    Tag::Pressure,
    Tag::WaterDepth,
    Tag::Acceleration,
    Tag::CameraElevationAngle,
    Tag::FlashEnergy,
    Tag::FocalPlaneXResolution,
    Tag::FocalPlaneYResolution,
    Tag::FocalPlaneResolutionUnit,
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
    Tag::CompositeImage,
];

/// Tags of bytes that EXIF gives a meaning, and how many they are.
const CODES: [(Tag, usize); 4] =
    [(Tag::ExifVersion, 4), (Tag::FlashpixVersion, 4), (Tag::FileSource, 1), (Tag::SceneType, 1)];

/// How a comment begins that is text.
const COMMENT_CODES: [&[u8; 8]; 2] = [b"ASCII\0\0\0", b"UNICODE\0"];

/// sRGB as the tag `ColorSpace` has it.
const SRGB: u16 = 1;

/// The block for a copy of that size. None where the photo has none that can be read, and where it would be longer than a
/// JPEG can carry: the copy is one all the same.
pub(crate) fn block(original: &[u8], format: UploadFormat, copy: Dimensions) -> Option<Vec<u8>> {
    // The EXIF of a photo is no reason to refuse its copy, whatever the reader makes of it.
    contain(|| Ok(written(original, format, copy))).ok().flatten().filter(|block| block.len() <= BLOCK_BYTES_MAX)
}

fn written(original: &[u8], format: UploadFormat, copy: Dimensions) -> Option<Vec<u8>> {
    let ExifBlock::Read(exif) = exif_block::read(original, format) else { return None };
    let fields = fields(&exif, copy);
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, exif.little_endian()).ok()?;
    Some(block.into_inner())
}

fn fields(exif: &Exif, copy: Dimensions) -> Vec<Field> {
    let texts = TEXTS.into_iter().map(|tag| (tag, value(exif, tag).and_then(text)));
    let numbers = NUMBERS.into_iter().map(|tag| (tag, value(exif, tag).filter(|value| is_numbers(value)).cloned()));
    let codes = CODES.into_iter().map(|(tag, bytes)| (tag, value(exif, tag).and_then(|value| code(value, bytes))));
    let comment = (Tag::UserComment, value(exif, Tag::UserComment).and_then(comment));
    let replaced = [
        (Tag::ColorSpace, Value::Short(vec![SRGB])),
        (Tag::PixelXDimension, Value::Long(vec![copy.width])),
        (Tag::PixelYDimension, Value::Long(vec![copy.height])),
    ];
    let replaced = replaced.into_iter().map(|(tag, new)| (tag, value(exif, tag).map(|_| new)));
    let upright = (Tag::Orientation, Some(Value::Short(vec![1])));
    let all = texts.chain(numbers).chain(codes).chain(replaced).chain([comment, upright]);
    all.filter_map(|(tag, value)| Some(Field { tag, ifd_num: In::PRIMARY, value: value? })).collect()
}

fn value(exif: &Exif, tag: Tag) -> Option<&Value> {
    exif.get_field(tag, In::PRIMARY).map(|field| &field.value)
}

/// A text without what is no text.
fn text(value: &Value) -> Option<Value> {
    let Value::Ascii(parts) = value else { return None };
    let is_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    let parts: Vec<Vec<u8>> = parts.iter().map(|part| part.iter().copied().filter(is_text).collect()).collect();
    parts.iter().any(|part| !part.is_empty()).then_some(Value::Ascii(parts))
}

fn is_numbers(value: &Value) -> bool {
    let count = match value {
        Value::Byte(numbers) => numbers.len(),
        Value::Short(numbers) => numbers.len(),
        Value::Long(numbers) => numbers.len(),
        Value::Rational(numbers) => numbers.len(),
        Value::SByte(numbers) => numbers.len(),
        Value::SShort(numbers) => numbers.len(),
        Value::SLong(numbers) => numbers.len(),
        Value::SRational(numbers) => numbers.len(),
        Value::Float(numbers) => numbers.len(),
        Value::Double(numbers) => numbers.len(),
        Value::Ascii(_) | Value::Undefined(..) | Value::Unknown(..) => 0,
    };
    (1..=NUMBERS_MAX).contains(&count)
}

fn code(value: &Value, length: usize) -> Option<Value> {
    let Value::Undefined(bytes, _) = value else { return None };
    (bytes.len() == length).then(|| Value::Undefined(bytes.clone(), 0))
}

fn comment(value: &Value) -> Option<Value> {
    let Value::Undefined(bytes, _) = value else { return None };
    COMMENT_CODES.iter().any(|code| bytes.starts_with(*code)).then(|| Value::Undefined(bytes.clone(), 0))
}

#[cfg(test)]
mod tests;
