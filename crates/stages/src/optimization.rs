//! The optimization stage: the whole photo, upright, in the format that the pipeline wants; of the original's metadata it
//! carries nothing, or the part of its EXIF that `preserved_exif` lets through.
//!
//! It is kept where it is larger than the original, too: it is upright and free of what nobody asked for, and who compares
//! the two lengths sees it.

use photo_core::{
    photo::{Dimensions, VariantRole},
    pipeline::{OptimizationSpec, OutputFormat, VariantName},
};

use crate::{
    encode::{self, Encoding},
    failure::{Fault, contain},
    output::Output,
    preserved_exif,
    source::Source,
};

/// Makes the picture.
pub(crate) fn make(source: &mut Source<'_>, spec: OptimizationSpec) -> Result<Output, Fault> {
    let header = source.header()?;
    let size = header.shown();
    let format = spec.format.of(header.format);
    let exif = spec.preserve_exif.then(|| preserved_exif::block(source.original(), header.format, size)).flatten();
    let bytes = match format {
        OutputFormat::Png => {
            let pixels = source.upright_pixels()?;
            contain(|| encode::png(&pixels, spec.effort, exif))?
        }
        OutputFormat::Jpeg | OutputFormat::WebP | OutputFormat::Avif => {
            let OptimizationSpec { quality_percent, effort, background, .. } = spec;
            let encoding = Encoding { format, quality_percent, effort, background };
            let picture = source.upright()?;
            contain(|| encode::encoded(picture, encoding, exif))?
        }
    };
    let Dimensions { width, height } = size;
    let (name, role) = (VariantName::optimized(), VariantRole::Optimized);
    Ok(Output { name, role, format: format.into(), width, height, bytes })
}

#[cfg(test)]
mod tests;
