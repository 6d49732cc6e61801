//! JPEG by libjpeg-turbo, strictly: what it only warns about (an early end above all) is an error here.

use image::RgbImage;
use photo_core::photo::Dimensions;
use turbojpeg::{Colorspace, DecompressHeader, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp, YuvImage};

use super::{Channels, Given};
use crate::{
    failure::Fault,
    inks::Inks,
    limits::{JPEG_SCANS_MAX, SIDE_PIXELS_MAX},
    pixels::Pixels,
    planes::{Planes, Wide},
};

/// The size in the header.
pub(super) fn dimensions(original: &[u8]) -> Result<Dimensions, Fault> {
    let header = Decompressor::new().and_then(|mut it| it.read_header(original)).map_err(fault)?;
    let side = |pixels: usize| u32::try_from(pixels).map_err(|_| Fault::SideTooLong { max: SIDE_PIXELS_MAX });
    Ok(Dimensions { width: side(header.width)?, height: side(header.height)? })
}

/// The channels of its components, by their count, their names and Adobe's marker.
pub(super) fn channels(original: &[u8]) -> Result<Channels, Fault> {
    let header = Decompressor::new().and_then(|mut it| it.read_header(original)).map_err(fault)?;
    Ok(match header.colorspace {
        Colorspace::Gray => Channels::Gray,
        Colorspace::RGB | Colorspace::YCbCr => Channels::Rgb,
        Colorspace::CMYK | Colorspace::YCCK => Channels::Cmyk,
    })
}

/// The pixels, reduced to `eighths` (1 to 8) of the sides, rounded up; and by how much they were reduced. As planes, unless
/// they must be RGB; four inks as they are.
pub(super) fn pixels(original: &[u8], eighths: u8, must_be_rgb: bool) -> Result<(Given, f64), Fault> {
    let mut decompressor = Decompressor::new().map_err(fault)?;
    decompressor.set_scan_limit(JPEG_SCANS_MAX).map_err(fault)?;
    let header = decompressor.read_header(original).map_err(fault)?;
    // Lossless JPEG has no DCT to reduce.
    let eighths = if header.is_lossless { 8 } else { eighths };
    let scaling = ScalingFactor::new(eighths.into(), 8);
    decompressor.set_scaling_factor(scaling).map_err(fault)?;
    let scaled = header.scaled(scaling);
    let pixels = match wide(&header).filter(|_| !must_be_rgb) {
        Some(wide) => Given::Planes(planes(&mut decompressor, original, &scaled, wide)?),
        None => rgb_or_inks(&mut decompressor, original, &scaled)?,
    };
    Ok((pixels, f64::from(eighths) / 8.0))
}

/// How wide its planes of colour are, where they are taken as they are.
fn wide(header: &DecompressHeader) -> Option<Wide> {
    if header.is_lossless || !matches!(header.colorspace, Colorspace::YCbCr | Colorspace::Gray) {
        return None;
    }
    match header.subsamp {
        Subsamp::None => Some(Wide::Full),
        Subsamp::Sub2x1 => Some(Wide::HalfWidth),
        Subsamp::Sub2x2 => Some(Wide::Half),
        Subsamp::Gray => Some(Wide::Gray),
        // Rare ones, and those that are yet to come.
        Subsamp::Sub1x2 | Subsamp::Sub4x1 | Subsamp::Sub1x4 | Subsamp::Unknown | _ => None,
    }
}

fn planes(
    decompressor: &mut Decompressor,
    original: &[u8],
    scaled: &DecompressHeader,
    wide: Wide,
) -> Result<Planes, Fault> {
    let DecompressHeader { width, height, subsamp, .. } = *scaled;
    let mut image = YuvImage { pixels: vec![0; wide.bytes(width, height)], width, align: 1, height, subsamp };
    decompressor.decompress_to_yuv(original, image.as_deref_mut()).map_err(fault)?;
    Ok(Planes::decoded(Dimensions { width: side(width), height: side(height) }, wide, image.pixels))
}

fn rgb_or_inks(decompressor: &mut Decompressor, original: &[u8], scaled: &DecompressHeader) -> Result<Given, Fault> {
    match scaled.colorspace {
        Colorspace::RGB | Colorspace::YCbCr | Colorspace::Gray => {
            let image = decompress(decompressor, original, scaled, PixelFormat::RGB)?;
            RgbImage::from_raw(side(image.width), side(image.height), image.pixels)
                .map(|pixels| Given::Pixels(Pixels::Rgb(pixels)))
                .ok_or_else(|| Fault::NotMade { detail: "JPEG pixels do not fill their picture".to_owned() })
        }
        Colorspace::CMYK | Colorspace::YCCK => {
            let image = decompress(decompressor, original, scaled, PixelFormat::CMYK)?;
            let (width, height) = (side(image.width), side(image.height));
            Ok(Given::Inks(Inks { width, height, samples: image.pixels }))
        }
    }
}

fn side(pixels: usize) -> u32 {
    u32::try_from(pixels).unwrap_or(u32::MAX)
}

fn decompress(
    decompressor: &mut Decompressor,
    original: &[u8],
    scaled: &DecompressHeader,
    format: PixelFormat,
) -> Result<Image<Vec<u8>>, Fault> {
    let pitch = scaled.width * format.size();
    let mut image =
        Image { pixels: vec![0; pitch * scaled.height], width: scaled.width, pitch, height: scaled.height, format };
    decompressor.decompress(original, image.as_deref_mut()).map_err(fault)?;
    Ok(image)
}

/// What a refusal of libjpeg-turbo means. Its texts are the only thing that tells its errors apart.
fn fault(error: turbojpeg::Error) -> Fault {
    if matches!(error, turbojpeg::Error::IntegerOverflow(_)) {
        // Without a frame header libjpeg has no width, which it tells as -1.
        return Fault::CutOff { detail: "no frame header".to_owned() };
    }
    let turbojpeg::Error::TurboJpegError(detail) = error else {
        return Fault::UnsupportedVariant { detail: error.to_string() };
    };
    let says = |texts: &[&str]| texts.iter().any(|text| detail.contains(text));
    if says(&["Premature end of JPEG file", "contains no image", "missing SOS marker"]) {
        Fault::CutOff { detail }
    } else if says(&["has more than"]) {
        Fault::TooManyScans { max: JPEG_SCANS_MAX }
    } else if says(&["Maximum supported image dimension", "Image too wide"]) {
        Fault::SideTooLong { max: SIDE_PIXELS_MAX }
    } else if says(&["Empty JPEG image"]) {
        Fault::NoPixels
    } else if says(&[
        "data precision",
        "Unsupported JPEG process",
        "Unsupported color",
        "subsampling",
        "not implemented",
    ]) {
        Fault::UnsupportedVariant { detail }
    } else if says(&["Insufficient memory", "Memory limit exceeded"]) {
        Fault::OutOfMemory { detail }
    } else {
        Fault::Damaged { detail }
    }
}
