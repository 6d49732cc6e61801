//! Which format a stage's outputs have, by the words of a pipeline.

use serde::{Deserialize, Serialize};

use crate::{image_format::ImageFormat, upload_format::UploadFormat};

/// The format of a picture that is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum OutputFormat {
    /// JPEG, baseline or progressive.
    #[default]
    #[serde(rename = "JPEG")]
    Jpeg,
    /// Lossy WebP: fewer bytes than a JPEG of the same looks, for several times its work.
    WebP,
    /// PNG: lossless, and many times the bytes of the others where a photo is one.
    #[serde(rename = "PNG")]
    Png,
    /// AVIF, lossy: the fewest bytes, for a hundred times the work of a JPEG.
    #[serde(rename = "AVIF")]
    Avif,
}

/// The format of the copy in fewer bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum OptimizedFormat {
    /// That of the upload: JPEG and WebP stay what they are; PNG, GIF and BMP, which are lossless, become PNG.
    Original,
    /// JPEG.
    #[default]
    #[serde(rename = "JPEG")]
    Jpeg,
    /// Lossy WebP.
    WebP,
    /// PNG.
    #[serde(rename = "PNG")]
    Png,
    /// AVIF.
    #[serde(rename = "AVIF")]
    Avif,
}

impl From<OutputFormat> for ImageFormat {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Jpeg => Self::Jpeg,
            OutputFormat::WebP => Self::Webp,
            OutputFormat::Png => Self::Png,
            OutputFormat::Avif => Self::Avif,
        }
    }
}

impl OptimizedFormat {
    /// The format of the copy of an upload of that format.
    pub fn of(self, uploaded: UploadFormat) -> OutputFormat {
        match (self, uploaded) {
            (Self::Jpeg, _) | (Self::Original, UploadFormat::Jpeg) => OutputFormat::Jpeg,
            (Self::WebP, _) | (Self::Original, UploadFormat::Webp) => OutputFormat::WebP,
            (Self::Png, _) | (Self::Original, UploadFormat::Png | UploadFormat::Gif | UploadFormat::Bmp) => {
                OutputFormat::Png
            }
            (Self::Avif, _) => OutputFormat::Avif,
        }
    }

    /// Whether there is an upload whose copy has that format.
    pub fn may_become(self, made: ImageFormat) -> bool {
        UploadFormat::ALL.into_iter().any(|uploaded| ImageFormat::from(self.of(uploaded)) == made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_original_keeps_its_format_or_becomes_one_that_loses_nothing_of_it() {
        use ImageFormat::{Avif, Jpeg, Png, Webp};
        let kept = [Jpeg, Png, Png, Webp, Png];
        for (uploaded, made) in UploadFormat::ALL.into_iter().zip(kept) {
            assert_eq!(ImageFormat::from(OptimizedFormat::Original.of(uploaded)), made, "{uploaded}");
            for (format, made) in [
                (OptimizedFormat::Jpeg, Jpeg),
                (OptimizedFormat::WebP, Webp),
                (OptimizedFormat::Png, Png),
                (OptimizedFormat::Avif, Avif),
            ] {
                assert_eq!(ImageFormat::from(format.of(uploaded)), made, "{uploaded}");
            }
        }
    }

    #[test]
    fn no_output_is_of_a_format_that_is_not_made() {
        let made = |format: OptimizedFormat| ImageFormat::ALL.map(|made| format.may_become(made));
        assert_eq!(made(OptimizedFormat::Original), [true, true, false, true, false, false]);
        assert_eq!(made(OptimizedFormat::Jpeg), [true, false, false, false, false, false]);
        assert_eq!(made(OptimizedFormat::Png), [false, true, false, false, false, false]);
        assert_eq!(made(OptimizedFormat::Avif), [false, false, false, false, false, true]);
    }

    #[test]
    fn formats_are_written_as_their_names() {
        let output = [OutputFormat::Jpeg, OutputFormat::WebP, OutputFormat::Png, OutputFormat::Avif];
        let words = serde_json::json!(["JPEG", "WebP", "PNG", "AVIF"]);
        assert_eq!(serde_json::to_value(output).unwrap(), words);
        let optimized = [OptimizedFormat::Jpeg, OptimizedFormat::WebP, OptimizedFormat::Png, OptimizedFormat::Avif];
        assert_eq!(serde_json::to_value(optimized).unwrap(), words);
        assert_eq!(serde_json::to_value(OptimizedFormat::Original).unwrap(), "Original");
    }
}
