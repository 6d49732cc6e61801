//! PNG, GIF, WebP and BMP by the `image` crate, with its limits set before anything large is allocated.

use std::{
    error::Error,
    io::{self, Cursor},
    iter,
};

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageReader, RgbImage,
    error::{LimitErrorKind, ParameterErrorKind},
};
use photo_core::{image_format::ImageFormat, photo::Dimensions};

use crate::{
    failure::Fault,
    flatten,
    limits::{self, SIDE_PIXELS_MAX},
};

/// The `image` crate's decoder of a format, with its header read.
pub(crate) fn decoder(
    original: &[u8],
    format: ImageFormat,
    limits: image::Limits,
) -> Result<impl ImageDecoder + '_, Fault> {
    let format = match format {
        ImageFormat::Jpeg => image::ImageFormat::Jpeg,
        ImageFormat::Png => image::ImageFormat::Png,
        ImageFormat::Gif => image::ImageFormat::Gif,
        ImageFormat::Webp => image::ImageFormat::WebP,
        ImageFormat::Bmp => image::ImageFormat::Bmp,
    };
    let mut reader = ImageReader::with_format(Cursor::new(original), format);
    reader.limits(limits);
    reader.into_decoder().map_err(|error| fault(&error))
}

/// The size in the header.
pub(super) fn dimensions(original: &[u8], format: ImageFormat) -> Result<Dimensions, Fault> {
    let (width, height) = decoder(original, format, limits::for_header())?.dimensions();
    Ok(Dimensions { width, height })
}

/// The pixels of a picture whose header says `stored`; of an animation, its first frame.
pub(super) fn pixels(original: &[u8], format: ImageFormat, stored: Dimensions) -> Result<RgbImage, Fault> {
    Ok(flatten::on_white(picture(original, format, stored)?))
}

/// The same with its alpha, as it is stored.
pub(crate) fn picture(original: &[u8], format: ImageFormat, stored: Dimensions) -> Result<DynamicImage, Fault> {
    if format == ImageFormat::Webp {
        check_riff_length(original)?;
    }
    let decoder = decoder(original, format, limits::for_pixels(stored))?;
    DynamicImage::from_decoder(decoder).map_err(|error| fault(&error))
}

/// A WebP file says in its RIFF header how long it is; its decoder does not look.
fn check_riff_length(original: &[u8]) -> Result<(), Fault> {
    let [_, _, _, _, a, b, c, d, ..] = original else {
        return Err(Fault::CutOff { detail: "RIFF header incomplete".to_owned() });
    };
    let announced = u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + 8;
    if announced > original.len() as u64 {
        return Err(Fault::CutOff { detail: format!("RIFF announces {announced} bytes") });
    }
    Ok(())
}

fn fault(error: &ImageError) -> Fault {
    let detail = error.to_string();
    match error {
        _ if ends_early(error) => Fault::CutOff { detail },
        // BMP's decoder has this limit built in, and no other way to say so.
        ImageError::Decoding(_) if detail.contains("Image too large") => Fault::SideTooLong { max: SIDE_PIXELS_MAX },
        ImageError::Limits(limit) if limit.kind() == LimitErrorKind::DimensionError => {
            Fault::SideTooLong { max: SIDE_PIXELS_MAX }
        }
        ImageError::Unsupported(_) => Fault::UnsupportedVariant { detail },
        // A limit of memory is exceeded by nothing but pictures that hold more than their size announces.
        ImageError::Limits(_)
        | ImageError::Decoding(_)
        | ImageError::IoError(_)
        | ImageError::Parameter(_)
        | ImageError::Encoding(_) => Fault::Damaged { detail },
    }
}

/// Whether a decoder ran out of bytes, as far as its error and the causes of that tell.
fn ends_early(error: &ImageError) -> bool {
    if let ImageError::Parameter(parameter) = error {
        return matches!(parameter.kind(), ParameterErrorKind::NoMoreData);
    }
    let early = |error: &io::Error| error.kind() == io::ErrorKind::UnexpectedEof;
    // The variant's own error is not among its causes.
    let own = matches!(error, ImageError::IoError(error) if early(error));
    let mut causes = iter::successors(error.source(), |&cause| cause.source());
    own || causes.any(|cause| {
        // GIF's decoder has an error of its own for this, which only its text tells.
        cause.downcast_ref::<io::Error>().is_some_and(early) || cause.to_string() == "Unexpected End of File"
    })
}
