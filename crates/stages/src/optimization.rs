//! The optimization stage: the whole photo, upright, as a JPEG without the original's metadata.
//!
//! It is kept where it is larger than the original, too: it is upright, free of metadata and readable everywhere, and
//! who compares the two lengths sees it.

use photo_core::{
    image_format::ImageFormat,
    photo::{Dimensions, VariantRole},
    pipeline::{OptimizationSpec, VariantName},
};

use crate::{
    encode,
    failure::{Fault, contain},
    output::Output,
    source::Source,
};

/// Makes the picture.
pub(crate) fn make(source: &mut Source<'_>, spec: OptimizationSpec) -> Result<Output, Fault> {
    let picture = source.upright()?;
    let Dimensions { width, height } = picture.dimensions();
    Ok(Output {
        name: VariantName::optimized(),
        role: VariantRole::Optimized,
        format: ImageFormat::Jpeg,
        width,
        height,
        bytes: contain(|| encode::jpeg(picture, spec.quality_percent, spec.effort))?,
    })
}

#[cfg(test)]
mod tests;
