//! Which files the platform takes, told by their first bytes and by nothing that a client says.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::image_format::ImageFormat;

/// The formats that are taken as uploads: those that there are decoders for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "ImageFormat", try_from = "ImageFormat")]
pub enum UploadFormat {
    /// JPEG (ISO 10918).
    Jpeg,
    /// PNG.
    Png,
    /// GIF; of an animation the first frame is processed.
    Gif,
    /// WebP; of an animation the first frame is processed.
    Webp,
    /// Windows bitmap.
    Bmp,
}

/// A format that is made, but not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no format of uploads")]
pub struct NotTaken(ImageFormat);

/// How many leading bytes [`UploadFormat::sniff`] needs to decide.
pub const SNIFF_BYTES: usize = 12;

impl UploadFormat {
    /// All of them, in the order in which error texts list them.
    pub const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::Gif, Self::Webp, Self::Bmp];

    /// The format whose magic bytes `head` begins with; `head` holds at least [`SNIFF_BYTES`] bytes of a file
    /// that is that long.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        match head {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            // `BM`, the file's size, then two reserved words that are zero in every writer's output.
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some(Self::Bmp),
            _ => None,
        }
    }

    /// The media type.
    pub fn content_type(self) -> &'static str {
        ImageFormat::from(self).content_type()
    }

    /// The file extension, without a dot.
    pub fn extension(self) -> &'static str {
        ImageFormat::from(self).extension()
    }
}

impl From<UploadFormat> for ImageFormat {
    fn from(format: UploadFormat) -> Self {
        match format {
            UploadFormat::Jpeg => Self::Jpeg,
            UploadFormat::Png => Self::Png,
            UploadFormat::Gif => Self::Gif,
            UploadFormat::Webp => Self::Webp,
            UploadFormat::Bmp => Self::Bmp,
        }
    }
}

impl TryFrom<ImageFormat> for UploadFormat {
    type Error = NotTaken;

    fn try_from(format: ImageFormat) -> Result<Self, NotTaken> {
        Self::ALL.into_iter().find(|taken| ImageFormat::from(*taken) == format).ok_or(NotTaken(format))
    }
}

impl fmt::Display for UploadFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.content_type())
    }
}

/// A kind of picture that the platform knows and does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusedFormat {
    /// TIFF, of which there are too many kinds to decode each of them safely.
    Tiff,
    /// SVG: a drawing, which may load files and run programs where it is shown.
    Svg,
    /// HEIC and HEIF, whose codec is HEVC.
    Heic,
    /// AVIF, which is made, but not taken.
    Avif,
}

impl RefusedFormat {
    /// The kind whose magic bytes `head` begins with.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        match head {
            [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Some(Self::Tiff),
            [b'<', b's', b'v', b'g', b' ' | b'>' | b'\n' | b'\r' | b'\t', ..] => Some(Self::Svg),
            [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.first_chunk()? {
                b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Some(Self::Heic),
                b"avif" | b"avis" => Some(Self::Avif),
                _ => None,
            },
            _ => None,
        }
    }

    /// What it is and what to do, as sentences for the photo's owner.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Tiff => "This is a TIFF file, which is not processed here. Export it as JPEG, PNG or WebP.",
            Self::Svg => "This is an SVG drawing, which is not processed here. Export it as PNG.",
            Self::Heic => {
                "This is a HEIC photo, whose codec is not available here. Export it as JPEG; \
                 phones do so with the camera format \"Most Compatible\"."
            }
            Self::Avif => "This is an AVIF picture, which is not processed here. Export it as JPEG, PNG or WebP.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_bytes_decide() {
        let cases: [(&[u8], Option<UploadFormat>); 8] = [
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01", Some(UploadFormat::Jpeg)),
            (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", Some(UploadFormat::Png)),
            (b"GIF89a\x01\0\x01\0\0\0", Some(UploadFormat::Gif)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(UploadFormat::Webp)),
            (b"BM\x10\0\0\0\0\0\0\0\x36\0", Some(UploadFormat::Bmp)),
            (b"<svg xmlns=\"http", None),
            (b"BMore than meets", None),
            (b"", None),
        ];
        for (head, expected) in cases {
            assert_eq!(UploadFormat::sniff(head), expected, "{head:?}");
        }
    }

    #[test]
    fn what_is_refused_is_known_by_its_magic_bytes() {
        let cases: [(&[u8], Option<RefusedFormat>); 8] = [
            (b"II*\0\x08\0\0\0\0\0\0\0", Some(RefusedFormat::Tiff)),
            (b"MM\0*\0\0\0\x08\0\0\0\0", Some(RefusedFormat::Tiff)),
            (b"<svg xmlns='h", Some(RefusedFormat::Svg)),
            (b"\0\0\0\x18ftypheic", Some(RefusedFormat::Heic)),
            (b"\0\0\0\x18ftypavif", Some(RefusedFormat::Avif)),
            (b"\0\0\0\x18ftypmp42", None),
            (b"<svgx", None),
            (b"\xFF\xD8\xFF\xE0", None),
        ];
        for (head, expected) in cases {
            assert_eq!(RefusedFormat::sniff(head), expected, "{head:?}");
            assert!(expected.is_none_or(|format| format.advice().contains("xport it as")));
        }
    }

    #[test]
    fn a_format_that_is_only_made_is_none_of_an_upload() {
        for format in ImageFormat::ALL {
            let taken: Option<UploadFormat> = serde_json::from_value(format.content_type().into()).ok();
            assert_eq!(taken.map(ImageFormat::from), (format != ImageFormat::Avif).then_some(format), "{format}");
        }
        assert_eq!(serde_json::to_value(UploadFormat::Webp).unwrap(), "image/webp");
        let refused = UploadFormat::try_from(ImageFormat::Avif).unwrap_err();
        assert_eq!(refused.to_string(), "image/avif is no format of uploads");
    }
}
