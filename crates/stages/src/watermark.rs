//! The watermark stage: a mark on the decoded picture, so that every picture that is made of it afterwards carries it.
//!
//! The mark is made for the picture as it is shown and then turned to how the picture lies: turning the small one is
//! cheaper, and what is made of the picture later does not change but for the mark.

mod mark;
mod place;
mod text;

use photo_core::{
    photo::Dimensions,
    pipeline::{PipelineSpec, StageKind, StageName, WatermarkSpec},
};

use crate::{decode::Decoded, failure::Fault, turn};
pub(crate) use mark::Mark;
#[cfg(test)]
pub(crate) use place::Corner;
use text::{Text, TextError};

/// A text of a pipeline that can't be laid onto pictures.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stages: the watermark `{stage}` can't be shown: {reason}")]
pub struct UnshownText {
    stage: StageName,
    reason: TextError,
}

/// Checks what a pipeline's own rules can't, because it takes the font: that all characters of watermarks can be shown.
///
/// # Errors
/// The first stage whose text has characters that the font lacks, which it names, or nothing that can be seen.
pub(crate) fn check_texts(spec: &PipelineSpec) -> Result<(), UnshownText> {
    for stage in &spec.stages {
        if let StageKind::Watermark(watermark) = &stage.kind {
            Text::of(&watermark.text).map_err(|reason| UnshownText { stage: stage.name.clone(), reason })?;
        }
    }
    Ok(())
}

/// Lays the mark onto the picture.
pub(crate) fn lay(decoded: &mut Decoded, spec: &WatermarkSpec) -> Result<(), Fault> {
    let shown = turn::shown(decoded.picture.dimensions(), decoded.orientation);
    let mark = made(shown, spec)?.lying(shown, decoded.orientation);
    decoded.picture.blend(&mark);
    if let Some(pixels) = &mut decoded.exact {
        mark.over(pixels);
    }
    Ok(())
}

/// The mark for an upright picture of that size.
fn made(picture: Dimensions, spec: &WatermarkSpec) -> Result<Mark, Fault> {
    let not_made = |why: TextError| Fault::NotMade { detail: why.to_string() };
    let text = Text::of(&spec.text).map_err(not_made)?;
    let pixels = text.pixels(place::room(picture, spec.size_percent)).map_err(not_made)?;
    let size = Dimensions { width: pixels.width(), height: pixels.height() };
    Ok(Mark::new(pixels, spec.opacity_percent, place::corner(picture, size, spec.position)))
}

#[cfg(test)]
mod tests;
