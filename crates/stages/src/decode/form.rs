//! How the pixels of a file are stored, by its header.

use image::ImageDecoder;
use photo_core::upload_format::UploadFormat;

use super::{general, jpeg};
use crate::{container, failure::Fault, limits};

/// How pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelForm {
    /// What each pixel has, apart from alpha.
    pub(crate) channels: Channels,
    /// Bits of each channel; of a palette, those of its colours.
    pub(crate) bits_per_channel: u8,
    /// Whether pixels may be transparent. Those of a GIF always may: each of its frames can leave pixels out.
    pub(crate) has_alpha: bool,
}

/// The channels of a pixel, apart from alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channels {
    Gray,
    Rgb,
    Cmyk,
}

/// Reads the header and no pixel.
pub(crate) fn pixel_form(original: &[u8], format: UploadFormat) -> Result<PixelForm, Fault> {
    if format == UploadFormat::Jpeg {
        let bits_per_channel = jpeg_bits(original);
        return Ok(PixelForm { channels: jpeg::channels(original)?, bits_per_channel, has_alpha: false });
    }
    let color = general::decoder(original, format, limits::for_header())?.color_type();
    Ok(PixelForm {
        channels: if color.has_color() { Channels::Rgb } else { Channels::Gray },
        bits_per_channel: if format == UploadFormat::Png { png_bits(original) } else { 8 },
        has_alpha: color.has_alpha(),
    })
}

/// The precision in a JPEG's frame header.
fn jpeg_bits(original: &[u8]) -> u8 {
    let is_frame = |marker: u8| matches!(marker, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF);
    let frame = container::jpeg_segments(original).find(|(marker, _)| is_frame(*marker));
    frame.and_then(|(_, content)| content.first().copied()).unwrap_or(8)
}

/// The depth in a PNG's header. What its decoder says of itself is what it makes of them.
fn png_bits(original: &[u8]) -> u8 {
    const PALETTE: u8 = 3;
    match container::named(container::png_chunks(original), *b"IHDR") {
        Some([_, _, _, _, _, _, _, _, depth, color_type, ..]) if *color_type != PALETTE => *depth,
        Some(_) | None => 8,
    }
}
