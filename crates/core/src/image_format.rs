//! What kind of file a picture is, whether it was uploaded or made.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The formats of pictures that the platform keeps. Which of them it takes is [`UploadFormat`](crate::upload_format), which it
/// makes [`OutputFormat`](crate::pipeline::OutputFormat).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImageFormat {
    /// JPEG (ISO 10918).
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// GIF.
    #[serde(rename = "image/gif")]
    Gif,
    /// WebP.
    #[serde(rename = "image/webp")]
    Webp,
    /// Windows bitmap.
    #[serde(rename = "image/bmp")]
    Bmp,
    /// AVIF: one picture of AV1 in a HEIF file.
    #[serde(rename = "image/avif")]
    Avif,
}

impl ImageFormat {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Jpeg, Self::Png, Self::Gif, Self::Webp, Self::Bmp, Self::Avif];

    /// The media type, which is also the stored form.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Bmp => "image/bmp",
            Self::Avif => "image/avif",
        }
    }

    /// The file extension, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Bmp => "bmp",
            Self::Avif => "avif",
        }
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.content_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_is_the_media_type() {
        for format in ImageFormat::ALL {
            assert_eq!(serde_json::to_value(format).unwrap(), format.content_type());
            assert_eq!(serde_json::from_value::<ImageFormat>(format.content_type().into()).unwrap(), format);
        }
    }
}
