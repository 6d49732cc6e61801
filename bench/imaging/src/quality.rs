//! What the outputs are: how long, how like the photo, and whether any of them is wrong. Nothing of it is timed.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Context;
use photo_bench_imaging::photo_set::Photo;
use photo_core::{
    photo::Dimensions,
    pipeline::{Fit, ThumbnailSize},
};
use photo_stack::figures::number;

use crate::{
    colour,
    contender::Contender,
    fleet::Peer,
    job::{Job, MadeFile, Order, THUMBNAIL_SIDES, WHOLE},
    jpeg_form::JpegForm,
    reference::Reference,
    ssim,
};

/// Below it an output of ours is no picture of the photo.
const SSIM_LEAST: f64 = 0.9;

/// The same for the others: what they are held against is ours to keep, not theirs. `sharp-best` reduces twice to 150
/// pixels, which leaves 0.898 of photo 02.
const SSIM_LEAST_OF_PEERS: f64 = 0.85;

/// One output of one contender.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) contender: Contender,
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// To the photo itself or its Lanczos reduction.
    pub(crate) ssim: f64,
    /// How far its mean colour is from the photo's, of 255.
    pub(crate) colour: f64,
    pub(crate) form: JpegForm,
}

/// All outputs, and a sentence for everything that is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Quality {
    outputs: Vec<Judged>,
    pub(crate) wrong: Vec<String>,
}

impl Quality {
    /// The outputs of a contender that are wanted.
    fn of(&self, contender: Contender, outputs: Outputs) -> impl Iterator<Item = &Judged> {
        let wanted = move |output: &&Judged| output.contender == contender && outputs.contain(&output.name);
        self.outputs.iter().filter(wanted)
    }

    /// Their length.
    pub(crate) fn bytes(&self, contender: Contender, outputs: Outputs) -> u64 {
        self.of(contender, outputs).map(|output| output.bytes).sum()
    }

    /// Their mean likeness; `None` where there are none.
    pub(crate) fn ssim(&self, contender: Contender, outputs: Outputs) -> Option<f64> {
        let count = self.of(contender, outputs).count();
        let sum: f64 = self.of(contender, outputs).map(|output| output.ssim).sum();
        (count > 0).then(|| sum / number(count as u64))
    }

    /// The likeness of its worst output.
    pub(crate) fn worst_ssim(&self, contender: Contender) -> Option<f64> {
        self.of(contender, Outputs::All).map(|output| output.ssim).min_by(f64::total_cmp)
    }

    /// The greatest difference of a colour.
    pub(crate) fn colour(&self, contender: Contender) -> f64 {
        self.of(contender, Outputs::All).map(|output| output.colour).fold(0.0, f64::max)
    }

    /// The kinds of files that it makes.
    pub(crate) fn forms(&self, contender: Contender) -> BTreeSet<JpegForm> {
        self.of(contender, Outputs::All).map(|output| output.form.clone()).collect()
    }
}

/// Some of the outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outputs {
    All,
    Whole,
    Thumbnails,
}

impl Outputs {
    fn contain(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Whole => name == WHOLE,
            Self::Thumbnails => name != WHOLE,
        }
    }
}

/// Has every peer write the outputs of every photo, and judges them.
///
/// # Errors
/// Where a peer fails, or a file can't be read as a picture. What is wrong with a picture is part of the result.
pub(crate) async fn run(peers: &mut [Peer], photos: &[Photo]) -> anyhow::Result<Quality> {
    let mut quality = Quality::default();
    for photo in photos {
        let mut reference = Reference::of(&fs::read(&photo.path)?)?;
        for peer in &mut *peers {
            let folder = tempfile::tempdir()?;
            let out = Some(folder.path().to_owned());
            let answer = peer.run(&Order { photo: photo.path.clone(), job: Job::Full, out }).await?;
            if peer.contender.is_ours() && answer.has_exif != reference.has_exif() {
                let found = if answer.has_exif { "found where there is none" } else { "not found" };
                quality.wrong.push(format!("EXIF of {} by {}: {found}", photo.name, peer.contender));
            }
            for made in &answer.outputs {
                let by = format!("{} of {} by {}", made.name, photo.name, peer.contender);
                let judged = judge(peer.contender, made, folder.path(), &mut reference).context(by.clone())?;
                let expected = expected(&made.name, reference.dimensions());
                quality.wrong.extend(faults(&judged, made, expected).into_iter().map(|fault| format!("{by}: {fault}")));
                quality.outputs.push(judged);
            }
        }
    }
    Ok(quality)
}

fn judge(contender: Contender, made: &MadeFile, folder: &Path, photo: &mut Reference) -> anyhow::Result<Judged> {
    let file = fs::read(folder.join(format!("{}.jpg", made.name)))?;
    let picture = image::load_from_memory(&file)?.into_rgb8();
    let reference = photo.luminance(picture.dimensions());
    Ok(Judged {
        contender,
        name: made.name.clone(),
        bytes: file.len() as u64,
        ssim: ssim::ssim(&ssim::luminance(&picture), reference).context("it is too small to compare")?,
        colour: colour::difference(colour::mean(&picture), photo.colour()),
        form: JpegForm::read(&file).context("it is no JPEG")?,
    })
}

/// The size of an output by our rule of rounding.
fn expected(name: &str, (width, height): (u32, u32)) -> Option<(u32, u32)> {
    if name == WHOLE {
        return Some((width, height));
    }
    let side = THUMBNAIL_SIDES.into_iter().find(|side| side.to_string() == name)?;
    let thumbnail = ThumbnailSize { name: name.parse().ok()?, width: side, height: side, fit: Fit::Inside };
    let dimensions = photo_stages::thumbnail_dimensions(Dimensions { width, height }, &thumbnail);
    Some((dimensions.width, dimensions.height))
}

/// What is wrong with an output.
fn faults(judged: &Judged, made: &MadeFile, expected: Option<(u32, u32)>) -> Vec<String> {
    let mut faults = Vec::new();
    let found = (made.width, made.height);
    // Tools round halves in different ways.
    let fits = |(width, height): (u32, u32)| found.0.abs_diff(width) <= 1 && found.1.abs_diff(height) <= 1;
    if !expected.is_some_and(fits) {
        faults.push(format!("it has {found:?} pixels where {expected:?} were expected"));
    }
    let least = if judged.contender.is_ours() { SSIM_LEAST } else { SSIM_LEAST_OF_PEERS };
    if judged.ssim < least {
        faults.push(format!("its SSIM to the photo is {:.3}", judged.ssim));
    }
    if judged.bytes != made.bytes {
        faults.push(format!("it has {} bytes where the peer told {}", judged.bytes, made.bytes));
    }
    if judged.form.has_metadata {
        faults.push("it holds metadata".to_owned());
    }
    faults
}

#[cfg(test)]
mod tests;
