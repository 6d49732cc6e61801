//! What a photo's file says about it: how its pixels are stored, the tags of its camera, and, only where the pipeline
//! keeps it, the place where it was taken.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a photo's file says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhotoMetadata {
    /// How its colours are meant.
    pub color_space: ColorSpace,
    /// The name that the embedded colour profile gives itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub color_profile: Option<String>,
    /// Bits of each channel.
    pub bits_per_channel: u8,
    /// Whether pixels may be transparent.
    pub has_alpha: bool,
    /// EXIF tags of the picture by their standard names, as texts: at most [`PhotoMetadata::TAGS_MAX`] of at most
    /// [`PhotoMetadata::TAG_CHARS_MAX`] characters. Nothing of the place, no maker notes, no embedded pictures.
    pub exif: BTreeMap<String, String>,
    /// Where it was taken, if the pipeline keeps that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gps: Option<GpsPosition>,
}

impl PhotoMetadata {
    /// Most tags.
    pub const TAGS_MAX: usize = 128;
    /// Longest value of a tag, in characters.
    pub const TAG_CHARS_MAX: usize = 256;
}

/// How the colours of a photo are meant, by the channels of its file and its profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColorSpace {
    /// Red, green, blue of the web: no profile, or one that says so.
    #[serde(rename = "sRGB")]
    Srgb,
    /// Red, green, blue with another profile.
    #[serde(rename = "RGB")]
    Rgb,
    /// Shades of grey.
    Gray,
    /// Cyan, magenta, yellow, black.
    #[serde(rename = "CMYK")]
    Cmyk,
}

/// Where a photo was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GpsPosition {
    /// North is positive, -90 to 90.
    pub latitude: Degrees,
    /// East is positive, -180 to 180.
    pub longitude: Degrees,
    /// Above the sea, in whole metres; negative below it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub altitude_meters: Option<i32>,
}

/// Degrees in millionths, about 0.1 m on the ground; a number of degrees in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Degrees {
    millionths: i32,
}

/// A number that is no angle.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0} is not between -180 and 180 degrees")]
pub struct InvalidDegrees(f64);

impl TryFrom<f64> for Degrees {
    type Error = InvalidDegrees;

    #[expect(clippy::cast_possible_truncation, reason = "within ±180 the millionths fit")]
    fn try_from(degrees: f64) -> Result<Self, InvalidDegrees> {
        if (-180.0..=180.0).contains(&degrees) {
            Ok(Self { millionths: (degrees * 1e6).round() as i32 })
        } else {
            Err(InvalidDegrees(degrees))
        }
    }
}

impl From<Degrees> for f64 {
    fn from(degrees: Degrees) -> Self {
        Self::from(degrees.millionths) / 1e6
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn degrees_read_back_what_they_show(millionths in -180_000_000_i32..=180_000_000) {
            let degrees = Degrees { millionths };
            let text = serde_json::to_string(&degrees).unwrap();
            prop_assert_eq!(serde_json::from_str::<Degrees>(&text).unwrap(), degrees);
        }
    }

    #[test]
    fn the_wire_form_is_stable() {
        let metadata = PhotoMetadata {
            color_space: ColorSpace::Srgb,
            color_profile: None,
            bits_per_channel: 8,
            has_alpha: false,
            exif: BTreeMap::from([("Make".to_owned(), "Canon".to_owned())]),
            gps: Some(GpsPosition {
                latitude: Degrees::try_from(-33.856_784).unwrap(),
                longitude: Degrees::try_from(151.215_297).unwrap(),
                altitude_meters: Some(5),
            }),
        };
        let wire = serde_json::json!({
            "colorSpace": "sRGB",
            "bitsPerChannel": 8,
            "hasAlpha": false,
            "exif": { "Make": "Canon" },
            "gps": { "latitude": -33.856_784, "longitude": 151.215_297, "altitudeMeters": 5 },
        });
        assert_eq!(serde_json::to_value(&metadata).unwrap(), wire);
        assert_eq!(serde_json::from_value::<PhotoMetadata>(wire).unwrap(), metadata);
        for outside in [180.1, -181.0, f64::NAN, f64::INFINITY] {
            assert!(Degrees::try_from(outside).is_err(), "{outside}");
        }
    }
}
