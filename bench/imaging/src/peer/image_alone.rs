//! The `image` crate alone: what a Rust program without C code gets with no further thought.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader, codecs::jpeg::JpegEncoder, imageops::FilterType};

use super::{Made, MadeOutput};
use crate::{
    colour,
    job::{Greeting, Job, THUMBNAIL_SIDES, WHOLE},
    version,
};

pub(super) fn greeting() -> Greeting {
    Greeting {
        versions: version::of(&["image", "moxcms"]),
        settings: "one decode, Lanczos3 for each size, its own encoder".to_owned(),
    }
}

pub(super) fn run(job: Job, photo: &[u8]) -> anyhow::Result<Made> {
    let mut decoder = ImageReader::new(Cursor::new(photo)).with_guessed_format()?.into_decoder()?;
    let has_exif = decoder.exif_metadata()?.is_some();
    let orientation = decoder.orientation()?;
    let profile = decoder.icc_profile()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let picture = DynamicImage::from(colour::in_srgb(picture.into_rgb8(), profile.as_deref())?);
    let mut outputs = Vec::new();
    for side in THUMBNAIL_SIDES {
        let is_smaller = picture.width().max(picture.height()) > side.into();
        let resized = is_smaller.then(|| picture.resize(side.into(), side.into(), FilterType::Lanczos3));
        outputs.push(output(&side.to_string(), resized.as_ref().unwrap_or(&picture))?);
    }
    if job == Job::Full {
        outputs.push(output(WHOLE, &picture)?);
    }
    Ok(Made { has_exif, outputs })
}

fn output(name: &str, picture: &DynamicImage) -> anyhow::Result<MadeOutput> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 80))?;
    Ok(MadeOutput { name: name.to_owned(), width: picture.width(), height: picture.height(), bytes })
}
