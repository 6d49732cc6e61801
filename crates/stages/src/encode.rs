//! Files of pictures: JPEG, WebP and AVIF with colours of half the resolution (4:2:0), PNG with each pixel's own; without
//! metadata of the original, but for the EXIF block that they are given. What is transparent stays so but in a JPEG.

#[cfg_attr(not(feature = "avif"), path = "encode/no_avif.rs")]
mod avif;
mod exif;
mod webp;

use image::{
    ExtendedColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use photo_core::{
    photo::Dimensions,
    pipeline::{Background, Effort, OutputFormat},
};
use photo_jpeg::Coding;

pub(crate) use avif::IS_MADE as MAKES_AVIF;

use crate::{failure::Fault, picture::Picture, pixels::Pixels, planes::Planes};

/// How a picture becomes a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) format: OutputFormat,
    /// 1 to 100, of a JPEG, WebP or AVIF.
    pub(crate) quality_percent: u8,
    pub(crate) effort: Effort,
    /// What transparent pixels lie on in a JPEG.
    pub(crate) background: Background,
}

/// The picture as a file that carries this EXIF block, which fits into a JPEG's segment.
pub(crate) fn encoded(picture: &Picture, encoding: Encoding, exif: Option<Vec<u8>>) -> Result<Vec<u8>, Fault> {
    let Encoding { format, quality_percent, effort, background } = encoding;
    match format {
        OutputFormat::Jpeg => exif::jpeg(jpeg(&picture.on(background), quality_percent, effort)?, exif),
        OutputFormat::WebP => exif::webp(webp::webp(&picture.to_pixels(), quality_percent, effort)?, exif),
        OutputFormat::Png => png(&picture.to_pixels(), effort, exif),
        OutputFormat::Avif => {
            let (colours, alpha) = picture.apart();
            let alpha = alpha.map(Planes::picture).transpose()?;
            avif::avif(&colours.picture()?, alpha.as_ref(), quality_percent, effort, exif)
        }
    }
}

fn jpeg(picture: &Planes, quality_percent: u8, effort: Effort) -> Result<Vec<u8>, Fault> {
    let coding = match effort {
        Effort::Fast => Coding::Standard,
        Effort::Balanced => Coding::Sampled,
        Effort::Best => Coding::Progressive,
    };
    let made = photo_jpeg::encode(&picture.picture()?, quality_percent, coding);
    made.map_err(|error| Fault::NotMade { detail: error.to_string() })
}

/// The pixels as a PNG, each of them as it is, with that EXIF block.
///
/// While it is made, there are besides these what it will be, twice, and its rows before they are compressed: 12 bytes for each
/// pixel of noise, 4 of a photo.
pub(crate) fn png(pixels: &Pixels, effort: Effort, exif: Option<Vec<u8>>) -> Result<Vec<u8>, Fault> {
    let compression = match effort {
        Effort::Fast => CompressionType::Fast,
        Effort::Balanced => CompressionType::Default,
        Effort::Best => CompressionType::Best,
    };
    let mut file = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut file, compression, FilterType::Adaptive);
    let Dimensions { width, height } = pixels.dimensions();
    let (samples, colours) = match pixels {
        Pixels::Rgb(pixels) => (pixels.as_raw(), ExtendedColorType::Rgb8),
        Pixels::Rgba(pixels) => (pixels.as_raw(), ExtendedColorType::Rgba8),
    };
    let made = encoder.write_image(samples, width, height, colours);
    made.map_err(|error| Fault::NotMade { detail: error.to_string() })?;
    exif::png(file, exif)
}
