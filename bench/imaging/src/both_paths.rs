//! Whether the general path, by way of RGB, shows what the fast one shows, which takes a JPEG's planes as they are.
//!
//! The same photo with a colour profile goes the general way. The profile is sRGB's own without its name, so that nothing is to
//! be converted but everything is.

use std::{fs, path::Path};

use anyhow::Context;
use image::GrayImage;
use moxcms::ColorProfile;
use photo_bench_imaging::photo_set::Photo;

use crate::{
    fleet::Peer,
    job::{Job, Order},
    ssim,
};

/// How a piece of a profile begins; what follows are its number and their count.
const PIECE: &[u8] = b"ICC_PROFILE\0";

/// The least likeness of an output of one path to that of the other, over all photos; `None` where no photo goes the fast way.
///
/// # Errors
/// Where the worker's image core fails, or a file can't be read.
pub(crate) async fn least_ssim(ours: &mut Peer, photos: &[Photo]) -> anyhow::Result<Option<f64>> {
    let profile = nameless_srgb()?;
    let mut least: Option<f64> = None;
    for photo in photos {
        let original = fs::read(&photo.path)?;
        let Some(general) = with_profile(&original, &profile) else { continue };
        let folder = tempfile::tempdir()?;
        let changed = folder.path().join("photo.jpg");
        fs::write(&changed, general)?;
        let fast = outputs(ours, &photo.path).await?;
        let general = outputs(ours, &changed).await?;
        for ((name, fast), (_, general)) in fast.iter().zip(&general) {
            let likeness = ssim::ssim(fast, general).with_context(|| format!("{name} of {}", photo.name))?;
            least = Some(least.map_or(likeness, |least| least.min(likeness)));
        }
    }
    Ok(least)
}

fn nameless_srgb() -> anyhow::Result<Vec<u8>> {
    let mut profile = ColorProfile::new_srgb();
    profile.description = None;
    profile.encode().context("the profile can't be written")
}

/// The JPEG with that profile; `None` where it has one.
fn with_profile(jpeg: &[u8], profile: &[u8]) -> Option<Vec<u8>> {
    let has_one = jpeg.windows(PIECE.len()).any(|window| window == PIECE);
    let (start, rest) = jpeg.split_at_checked(2).filter(|_| !has_one)?;
    let content = [PIECE, &[1, 1], profile].concat();
    let length = u16::try_from(content.len() + 2).ok()?.to_be_bytes();
    Some([start, &[0xFF, 0xE2], &length, &content, rest].concat())
}

/// The brightness of everything that is made of a photo, by name.
async fn outputs(ours: &mut Peer, photo: &Path) -> anyhow::Result<Vec<(String, GrayImage)>> {
    let folder = tempfile::tempdir()?;
    let out = Some(folder.path().to_owned());
    let answer = ours.run(&Order { photo: photo.to_owned(), job: Job::Full, out }).await?;
    let read = |name: String| {
        let picture = image::open(folder.path().join(format!("{name}.jpg")))?.into_rgb8();
        Ok((name, ssim::luminance(&picture)))
    };
    answer.outputs.into_iter().map(|made| read(made.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_gets_a_profile_that_it_does_not_have() {
        let profile = nameless_srgb().unwrap();
        let jpeg = [0xFF, 0xD8, 0xFF, 0xD9];
        let with = with_profile(&jpeg, &profile).unwrap();
        assert_eq!((&with[..4], &with[with.len() - 2..]), (&[0xFF, 0xD8, 0xFF, 0xE2][..], &[0xFF, 0xD9][..]));
        assert!(with.windows(profile.len()).any(|window| window == profile));
        assert_eq!(with_profile(&with, &profile), None);
        assert_eq!(with_profile(&[0xFF], &profile), None);
        assert!(
            !profile.windows(4).any(|name| name.eq_ignore_ascii_case(b"srgb")),
            "its name would have it passed over"
        );
    }
}
