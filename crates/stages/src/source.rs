//! The upload that a job works on: its header and its pixels, each read once and shared by all stages.

use std::cell::OnceCell;

use photo_core::pipeline::{PipelineSpec, StageKind};

use crate::{
    decode::{self, Decoded, Header},
    failure::{Fault, contain},
    geometry::Bounds,
    limits::Limits,
};

/// One upload within one job.
pub(crate) struct Source<'a> {
    original: &'a [u8],
    limits: Limits,
    /// The boxes of all thumbnails of the pipeline: they decide how large the picture is decoded.
    bounds: Vec<Bounds>,
    header: OnceCell<Header>,
    decoded: OnceCell<Decoded>,
}

impl<'a> Source<'a> {
    /// Nothing is read yet.
    pub(crate) fn new(spec: &PipelineSpec, original: &'a [u8]) -> Self {
        let sizes = spec.stages.iter().flat_map(|stage| match &stage.kind {
            StageKind::Thumbnails(thumbnails) => thumbnails.sizes.as_slice(),
            StageKind::Validation(_) | StageKind::Metadata(_) | StageKind::Optimization(_) => &[],
        });
        Self {
            original,
            limits: Limits::of(spec),
            bounds: sizes.map(Bounds::from).collect(),
            header: OnceCell::new(),
            decoded: OnceCell::new(),
        }
    }

    /// The header, once the job's limits hold for it.
    pub(crate) fn header(&self) -> Result<&Header, Fault> {
        if let Some(header) = self.header.get() {
            return Ok(header);
        }
        self.limits.check_bytes(self.original)?;
        let header = contain(|| decode::header(self.original))?;
        self.limits.check_dimensions(header.stored)?;
        Ok(self.header.get_or_init(|| header))
    }

    /// The pixels, all of them read: that a photo is complete is known only now.
    pub(crate) fn decoded(&self) -> Result<&Decoded, Fault> {
        let header = self.header()?;
        if let Some(decoded) = self.decoded.get() {
            return Ok(decoded);
        }
        let decoded = contain(|| decode::pixels(self.original, header, self.eighths(header)))?;
        Ok(self.decoded.get_or_init(|| decoded))
    }

    /// How much of the picture its decoder may leave out: nothing but pixels that no thumbnail shows. Without
    /// thumbnails the pixels are decoded only to learn that they are all there.
    fn eighths(&self, header: &Header) -> u8 {
        self.bounds.iter().map(|bounds| bounds.ratio(header.shown()).eighths()).max().unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use photo_core::pipeline::Fit;

    use super::*;
    use crate::samples;

    #[test]
    fn all_stages_share_one_decode_that_is_no_larger_than_they_need() {
        let original = samples::jpeg(&samples::quarters(800, 400));
        let spec = samples::pipeline(vec![samples::size(32, 32, Fit::Inside), samples::size(90, 90, Fit::Inside)]);
        let source = Source::new(&spec, &original);
        let first = source.decoded().unwrap();
        assert_eq!(first.pixels.dimensions(), (200, 100), "2/8, because 90 pixels need 180");
        assert!(std::ptr::eq(first, source.decoded().unwrap()));
    }

    #[test]
    fn a_cover_of_a_panorama_is_decoded_as_high_as_it_needs() {
        let original = samples::jpeg(&samples::quarters(1600, 200));
        let spec = samples::pipeline(vec![samples::size(50, 50, Fit::Cover)]);
        assert_eq!(Source::new(&spec, &original).decoded().unwrap().pixels.height(), 100);
    }
}
