//! The watermark stage: a mark on the decoded picture, so that every picture that is made of it afterwards carries it.
//!
//! The mark is made for the picture as it is shown and then turned to how the picture lies: turning the small one is
//! cheaper, and what is made of the picture later does not change but for the mark.

mod mark_image;
mod marks;
mod place;
mod text;

use photo_core::{
    photo::Dimensions,
    pipeline::{PipelineSpec, StageKind, StageName, WatermarkContent, WatermarkPosition, WatermarkSpec},
};

use crate::{
    decode::Decoded,
    failure::{Fault, contain},
    mark::Mark,
    turn,
};
use mark_image::MarkImage;
pub use marks::{Marks, UnusableImage};
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
        if let StageKind::Watermark(WatermarkSpec { content: WatermarkContent::Text(text), .. }) = &stage.kind {
            Text::of(text).map_err(|reason| UnshownText { stage: stage.name.clone(), reason })?;
        }
    }
    Ok(())
}

/// What a stage lays onto pictures, at no size yet.
#[derive(Debug)]
pub(crate) struct Stamp<'a> {
    content: Content<'a>,
    position: WatermarkPosition,
    opacity_percent: u8,
    size_percent: u8,
}

#[derive(Debug)]
enum Content<'a> {
    Text(Box<Text>),
    Image(&'a MarkImage),
}

impl<'a> Stamp<'a> {
    /// That of a stage; its image, if it is one, is among `marks`.
    pub(crate) fn of(spec: &WatermarkSpec, marks: &'a Marks) -> Result<Self, Fault> {
        let WatermarkSpec { content, position, opacity_percent, size_percent } = spec;
        let content = match content {
            WatermarkContent::Text(text) => Content::Text(Box::new(contain(|| Text::of(text).map_err(not_made))?)),
            WatermarkContent::Image(image) => Content::Image(marks.get(image)?),
        };
        Ok(Self { content, position: *position, opacity_percent: *opacity_percent, size_percent: *size_percent })
    }

    /// Lays it onto the picture.
    pub(crate) fn lay(&self, decoded: &mut Decoded) -> Result<(), Fault> {
        let shown = turn::shown(decoded.picture.dimensions(), decoded.orientation);
        let mark = self.made(shown)?.lying(shown, decoded.orientation);
        decoded.picture.blend(&mark);
        if let Some(pixels) = &mut decoded.exact {
            mark.over(pixels);
        }
        Ok(())
    }

    /// The mark for an upright picture of that size.
    fn made(&self, picture: Dimensions) -> Result<Mark, Fault> {
        let room = place::room(picture, self.size_percent);
        let pixels = match &self.content {
            Content::Text(text) => text.pixels(room).map_err(not_made)?,
            Content::Image(image) => image.pixels(room)?,
        };
        let size = Dimensions { width: pixels.width(), height: pixels.height() };
        Ok(Mark::new(pixels, self.opacity_percent, place::corner(picture, size, self.position)))
    }
}

fn not_made(why: impl std::fmt::Display) -> Fault {
    Fault::NotMade { detail: why.to_string() }
}

#[cfg(test)]
mod tests;
