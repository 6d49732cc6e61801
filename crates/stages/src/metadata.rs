//! The metadata stage: what the file says about the photo, from its header alone.
//!
//! What can't be read is left out: a photo with a broken profile or EXIF block is still a photo.

mod exif_tags;
mod gps;

use photo_core::{
    photo_metadata::{ColorSpace, PhotoMetadata},
    pipeline::{GpsPolicy, MetadataSpec},
    upload_format::UploadFormat,
};

use crate::{
    decode::{self, Channels, PixelForm},
    exif_block::{self, ExifBlock},
    failure::{Fault, contain},
    icc,
    source::Source,
};

/// Reads what the file says, once the run's limits hold for it.
pub(crate) fn read(source: &mut Source<'_>, spec: MetadataSpec) -> Result<PhotoMetadata, Fault> {
    let format = source.header()?.format;
    let original = source.original();
    contain(|| describe(original, format, spec.gps))
}

fn describe(original: &[u8], format: UploadFormat, gps: GpsPolicy) -> Result<PhotoMetadata, Fault> {
    let PixelForm { channels, bits_per_channel, has_alpha } = decode::pixel_form(original, format)?;
    let profile = icc::profile(original, format);
    let color_profile = profile.as_deref().and_then(icc::name);
    let exif = match exif_block::read(original, format) {
        ExifBlock::Read(exif) => Some(exif),
        ExifBlock::Absent | ExifBlock::Unreadable => None,
    };
    Ok(PhotoMetadata {
        color_space: color_space(channels, profile.is_some(), color_profile.as_deref()),
        color_profile,
        bits_per_channel,
        has_alpha,
        exif: exif.as_ref().map(exif_tags::texts).unwrap_or_default(),
        gps: match gps {
            GpsPolicy::Keep => exif.as_ref().and_then(gps::position),
            GpsPolicy::Strip => None,
        },
    })
}

/// Red, green and blue are those of sRGB where no profile says otherwise.
fn color_space(channels: Channels, has_profile: bool, profile_name: Option<&str>) -> ColorSpace {
    match channels {
        Channels::Gray => ColorSpace::Gray,
        Channels::Cmyk => ColorSpace::Cmyk,
        Channels::Rgb => {
            if profile_name.is_some_and(icc::is_srgb) || !has_profile {
                ColorSpace::Srgb
            } else {
                ColorSpace::Rgb
            }
        }
    }
}

#[cfg(test)]
mod tests;
