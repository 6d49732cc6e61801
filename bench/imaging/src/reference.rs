//! What outputs are held against: the photo's own pixels, upright and in sRGB, and Lanczos reductions of them.

use std::{collections::BTreeMap, io::Cursor};

use image::{
    DynamicImage, GrayImage, ImageDecoder, ImageReader,
    imageops::{self, FilterType},
};

use crate::{colour, ssim};

/// A photo as it should look.
pub(crate) struct Reference {
    whole: GrayImage,
    reduced: BTreeMap<(u32, u32), GrayImage>,
    colour: [f64; 3],
    has_exif: bool,
}

impl Reference {
    /// Decodes a photo with the `image` crate, which is what none of the contenders' outputs come from but its own.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn of(photo: &[u8]) -> anyhow::Result<Self> {
        let mut decoder = ImageReader::new(Cursor::new(photo)).with_guessed_format()?.into_decoder()?;
        let (orientation, profile) = (decoder.orientation()?, decoder.icc_profile()?);
        let has_exif = decoder.exif_metadata()?.is_some();
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(orientation);
        let picture = colour::in_srgb(picture.into_rgb8(), profile.as_deref())?;
        let (whole, colour) = (ssim::luminance(&picture), colour::mean(&picture));
        Ok(Self { whole, reduced: BTreeMap::new(), colour, has_exif })
    }

    /// Its pixels, upright.
    pub(crate) fn dimensions(&self) -> (u32, u32) {
        self.whole.dimensions()
    }

    /// Whether there is EXIF in its file.
    pub(crate) fn has_exif(&self) -> bool {
        self.has_exif
    }

    /// Its mean colour.
    pub(crate) fn colour(&self) -> [f64; 3] {
        self.colour
    }

    /// Its luminance in that size: outputs whose sides are rounded another way are compared in their own size.
    pub(crate) fn luminance(&mut self, dimensions: (u32, u32)) -> &GrayImage {
        if dimensions == self.whole.dimensions() {
            return &self.whole;
        }
        let (width, height) = dimensions;
        let reduce = || imageops::resize(&self.whole, width, height, FilterType::Lanczos3);
        self.reduced.entry(dimensions).or_insert_with(reduce)
    }
}
