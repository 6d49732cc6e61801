//! The photos that are sent, in memory, with what must come of them.

use std::{collections::BTreeMap, fs, io::Cursor, path::Path};

use anyhow::Context;
use bytes::Bytes;
use image::{ImageDecoder, ImageReader, metadata::Orientation};
use photo_bench_imaging::photo_set;
use photo_core::{photo::Dimensions, pipeline::ThumbnailsSpec};

/// The name of the whole photo's smaller copy.
const WHOLE: &str = "optimized";

/// A photo that clients send.
#[derive(Debug, Clone)]
pub(crate) struct Photo {
    /// Its file's name without the ending.
    pub(crate) name: String,
    /// Its file.
    pub(crate) bytes: Bytes,
    /// Width and height of each output, by its name.
    pub(crate) outputs: BTreeMap<String, (u32, u32)>,
}

/// The photos of a folder; where `only` names some, those.
///
/// # Errors
/// Where one can't be read.
pub(crate) fn read(folder: &Path, only: &[String]) -> anyhow::Result<Vec<Photo>> {
    let mut photos = Vec::new();
    for photo in photo_set::read(folder, only)? {
        let bytes = Bytes::from(fs::read(&photo.path)?);
        let upright = upright(&bytes).with_context(|| format!("reading {}", photo.path.display()))?;
        photos.push(Photo { name: photo.name, bytes, outputs: outputs(upright) });
    }
    Ok(photos)
}

/// The order of a round: another photo is first in each, so that not always the same one is last.
pub(crate) fn in_turn(photos: &[Photo], round: usize, passes: usize) -> Vec<&Photo> {
    let order = photos.iter().cycle().skip(round * 5 % photos.len().max(1));
    order.take(photos.len() * passes).collect()
}

/// Its size as people see it.
fn upright(photo: &[u8]) -> anyhow::Result<(u32, u32)> {
    let mut decoder = ImageReader::new(Cursor::new(photo)).with_guessed_format()?.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let is_turned = matches!(
        decoder.orientation()?,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    );
    Ok(if is_turned { (height, width) } else { (width, height) })
}

fn outputs((width, height): (u32, u32)) -> BTreeMap<String, (u32, u32)> {
    let thumbnails = ThumbnailsSpec::default().sizes.into_iter().map(|size| {
        let made = photo_stages::thumbnail_dimensions(Dimensions { width, height }, &size);
        (size.name.to_string(), (made.width, made.height))
    });
    thumbnails.chain([(WHOLE.to_owned(), (width, height))]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_outputs_come_of_a_photo() {
        let made = outputs((4000, 3000));
        let expected = [("150", (150, 113)), ("300", (300, 225)), ("600", (600, 450)), (WHOLE, (4000, 3000))];
        assert_eq!(made, expected.map(|(name, size)| (name.to_owned(), size)).into());
    }

    #[test]
    fn every_round_begins_with_another_photo_and_sends_all_of_them() {
        let named = |name: &str| Photo { name: name.to_owned(), bytes: Bytes::new(), outputs: BTreeMap::new() };
        let photos = ["a", "b", "c"].map(named);
        let order = |round| in_turn(&photos, round, 2).iter().map(|photo| photo.name.clone()).collect::<String>();
        assert_eq!([order(0), order(1), order(2)], ["abcabc", "cabcab", "bcabca"]);
        assert!(in_turn(&[], 1, 2).is_empty());
    }
}
