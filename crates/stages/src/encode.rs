//! Outputs are JPEG: 4:2:0, baseline, optimised tables, and no metadata of the original.

use image::RgbImage;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::failure::Fault;

/// The picture as a JPEG of that quality (1 to 100).
pub(crate) fn jpeg(picture: &RgbImage, quality_percent: u8) -> Result<Vec<u8>, Fault> {
    compress(picture, quality_percent).map_err(|error| Fault::NotMade { detail: error.to_string() })
}

fn compress(picture: &RgbImage, quality_percent: u8) -> turbojpeg::Result<Vec<u8>> {
    let side = |pixels: u32| usize::try_from(pixels).map_err(|_| turbojpeg::Error::IntegerOverflow("side"));
    let (width, height) = (side(picture.width())?, side(picture.height())?);
    let format = PixelFormat::RGB;
    let image = Image { pixels: picture.as_raw().as_slice(), width, pitch: width * format.size(), height, format };
    let mut compressor = Compressor::new()?;
    compressor.set_quality(quality_percent.into())?;
    compressor.set_subsamp(Subsamp::Sub2x2)?;
    compressor.set_optimize(true)?;
    compressor.compress_to_vec(image)
}
