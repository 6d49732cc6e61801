//! Lossy WebP by libwebp: how effort is spent there, and what it refuses.

use photo_core::{photo::Dimensions, pipeline::Effort};
use webp::{Encoder, WebPConfig, WebPEncodingError};

use crate::{failure::Fault, pixels::Pixels};

/// Longest side of a WebP: its header has 14 bits for it.
const SIDE_PIXELS_MAX: u32 = 16_383;

/// The pixels as a lossy WebP of that quality (1 to 100).
///
/// While it is made, libwebp has about 6 bytes for each pixel besides these.
pub(super) fn webp(pixels: &Pixels, quality_percent: u8, effort: Effort) -> Result<Vec<u8>, Fault> {
    let Dimensions { width, height } = pixels.dimensions();
    if width.max(height) > SIDE_PIXELS_MAX {
        return Err(Fault::SideTooLong { max: SIDE_PIXELS_MAX });
    }
    let config = WebPConfig::new().map_err(|()| Fault::NotMade { detail: "libwebp of another version".to_owned() })?;
    let config = WebPConfig {
        quality: quality_percent.clamp(1, 100).into(),
        method: match effort {
            Effort::Fast => 2,
            Effort::Balanced => 4,
            Effort::Best => 6,
        },
        // Else its codes are kept until the end: 35 bytes for each pixel of noise were measured in place of 10. It takes
        // half as much time again where effort is more than the least.
        low_memory: 1,
        ..config
    };
    let encoder = match pixels {
        Pixels::Rgb(pixels) => Encoder::from_rgb(pixels.as_raw(), width, height),
        Pixels::Rgba(pixels) => Encoder::from_rgba(pixels.as_raw(), width, height),
    };
    match encoder.encode_advanced(&config) {
        Ok(file) => Ok(file.to_vec()),
        Err(
            WebPEncodingError::VP8_ENC_ERROR_OUT_OF_MEMORY | WebPEncodingError::VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY,
        ) => Err(Fault::OutOfMemory { detail: "libwebp has no memory".to_owned() }),
        Err(error) => Err(Fault::NotMade { detail: format!("libwebp: {error:?}") }),
    }
}
