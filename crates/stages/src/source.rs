//! The upload that a run works on: its header and its pixels, each read once and shared by all stages.

use std::borrow::Cow;

use image::RgbImage;
use photo_core::pipeline::{OptimizedFormat, OutputFormat, PipelineSpec, StageKind};

use crate::{
    decode::{self, Decoded, Header, Reading},
    failure::{Fault, contain},
    geometry::Bounds,
    limits::Limits,
    planes::Planes,
    watermark::Stamp,
};

/// One upload within one run.
pub(crate) struct Source<'a> {
    original: &'a [u8],
    limits: Limits,
    needs: Needs,
    header: Option<Header>,
    decoded: Option<Decoded>,
    /// What lies on the decoded picture, or will once it is decoded.
    marks: Vec<Stamp<'a>>,
    #[cfg(test)]
    pub(crate) decodes: usize,
}

/// What stages need of the pixels; it decides how large the picture is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Needs {
    /// All of them.
    Everything,
    /// All of them for a copy in that format; where this is PNG, with the colours that each of them has.
    Copy(OptimizedFormat),
    /// Enough for thumbnails in these boxes. Without any, pixels are decoded only to learn that they are all there.
    Thumbnails(Vec<Bounds>),
}

impl Needs {
    /// What these stages need together.
    pub(crate) fn of<'s>(stages: impl IntoIterator<Item = &'s StageKind>) -> Self {
        let mut boxes = Vec::new();
        for stage in stages {
            match stage {
                StageKind::Optimization(spec) => return Self::Copy(spec.format),
                StageKind::Thumbnails(thumbnails) => boxes.extend(thumbnails.sizes.iter().map(Bounds::from)),
                // A mark is as sharp as the pictures that it is seen on.
                StageKind::Validation(_) | StageKind::Metadata(_) | StageKind::Watermark(_) => {}
            }
        }
        Self::Thumbnails(boxes)
    }

    /// How many eighths of the sides the decoder must keep.
    fn eighths(&self, header: &Header) -> u8 {
        match self {
            Self::Everything | Self::Copy(_) => 8,
            Self::Thumbnails(boxes) => {
                boxes.iter().map(|bounds| bounds.ratio(header.shown()).eighths()).max().unwrap_or(1)
            }
        }
    }

    /// Whether the colours of each pixel are shown, and not only in planes of half the width and height.
    fn are_exact(&self, header: &Header) -> bool {
        match self {
            Self::Copy(format) => format.of(header.format) == OutputFormat::Png,
            Self::Everything | Self::Thumbnails(_) => false,
        }
    }
}

impl<'a> Source<'a> {
    /// Nothing is read yet. Of the pixels everything is needed until [`Source::expect`] says otherwise.
    pub(crate) fn new(spec: &PipelineSpec, original: &'a [u8]) -> Self {
        Self {
            original,
            limits: Limits::of(spec),
            needs: Needs::Everything,
            header: None,
            decoded: None,
            marks: Vec::new(),
            #[cfg(test)]
            decodes: 0,
        }
    }

    /// Takes notice of what this and all later stages need. What is decoded already is enough for it, because what is
    /// needed only becomes less while a run goes on.
    pub(crate) fn expect(&mut self, needs: Needs) {
        self.needs = needs;
    }

    /// The upload as it came.
    pub(crate) fn original(&self) -> &'a [u8] {
        self.original
    }

    /// The header, once the run's limits hold for it.
    pub(crate) fn header(&mut self) -> Result<Header, Fault> {
        if let Some(header) = self.header {
            return Ok(header);
        }
        self.limits.check_bytes(self.original)?;
        let header = contain(|| decode::header(self.original))?;
        self.limits.check_dimensions(header.stored)?;
        Ok(*self.header.insert(header))
    }

    /// The pixels as they lie, all of them read: that a photo is complete is known only now.
    pub(crate) fn decoded(&mut self) -> Result<&Decoded, Fault> {
        let decoded = self.take_decoded()?;
        Ok(self.decoded.insert(decoded))
    }

    /// The pixels as the photo is shown. Turning takes the place of what was decoded, so that a photo is in memory
    /// twice only while it is turned; later stages find it upright.
    pub(crate) fn upright(&mut self) -> Result<&Planes, Fault> {
        Ok(&self.turned_upright()?.picture)
    }

    /// The same with the colours that each pixel has, where the stages ahead need them; else as its planes show it.
    pub(crate) fn upright_pixels(&mut self) -> Result<Cow<'_, RgbImage>, Fault> {
        let Decoded { picture, exact, .. } = self.turned_upright()?;
        match exact {
            Some(pixels) => Ok(Cow::Borrowed(pixels)),
            None => contain(|| Ok(Cow::Owned(picture.to_rgb()))),
        }
    }

    fn turned_upright(&mut self) -> Result<&Decoded, Fault> {
        let decoded = self.take_decoded()?;
        let upright = contain(|| Ok(decoded.turned_upright()))?;
        Ok(self.decoded.insert(upright))
    }

    /// Lays a mark onto the pixels, which every stage afterwards finds there.
    pub(crate) fn mark(&mut self, stamp: Stamp<'a>) -> Result<(), Fault> {
        let mut decoded = self.take_decoded()?;
        contain(|| stamp.lay(&mut decoded))?;
        self.decoded = Some(decoded);
        self.marks.push(stamp);
        Ok(())
    }

    /// Takes notice of a mark that belongs onto the pixels as soon as they are decoded.
    pub(crate) fn expect_mark(&mut self, stamp: Stamp<'a>) {
        self.marks.push(stamp);
    }

    fn take_decoded(&mut self) -> Result<Decoded, Fault> {
        if let Some(decoded) = self.decoded.take() {
            return Ok(decoded);
        }
        let header = self.header()?;
        let reading = Reading { eighths: self.needs.eighths(&header), is_exact: self.needs.are_exact(&header) };
        #[cfg(test)]
        {
            self.decodes += 1;
        }
        contain(|| {
            let mut decoded = decode::decoded(self.original, &header, reading)?;
            // Also where a stage lost the picture with its failure: nothing is made without the marks before it.
            self.marks.iter().try_for_each(|stamp| stamp.lay(&mut decoded))?;
            Ok(decoded)
        })
    }
}

#[cfg(test)]
mod tests {
    use photo_core::{
        photo::Dimensions,
        pipeline::{Fit, MetadataSpec, OptimizationSpec},
    };

    use super::*;
    use crate::samples;

    fn thumbnails(sides: &[u16], fit: Fit) -> PipelineSpec {
        samples::pipeline(sides.iter().map(|side| samples::size(*side, *side, fit)).collect())
    }

    fn size(width: u32, height: u32) -> Dimensions {
        Dimensions { width, height }
    }

    fn source<'a>(spec: &PipelineSpec, original: &'a [u8]) -> Source<'a> {
        let mut source = Source::new(spec, original);
        source.expect(Needs::of(spec.stages.iter().map(|stage| &stage.kind)));
        source
    }

    #[test]
    fn all_stages_share_one_decode_that_is_no_larger_than_they_need() {
        let original = samples::jpeg(&samples::quarters(800, 400));
        let spec = thumbnails(&[32, 90], Fit::Inside);
        let mut source = source(&spec, &original);
        for _ in 0..2 {
            assert_eq!(
                source.decoded().unwrap().picture.dimensions(),
                size(200, 100),
                "2/8, because 90 pixels need 180"
            );
        }
        assert_eq!(source.decodes, 1);
    }

    #[test]
    fn a_cover_of_a_panorama_is_decoded_as_high_as_it_needs() {
        let original = samples::jpeg(&samples::quarters(1600, 200));
        let spec = thumbnails(&[50], Fit::Cover);
        assert_eq!(source(&spec, &original).decoded().unwrap().picture.dimensions().height, 100);
    }

    #[test]
    fn only_a_stage_that_shows_every_pixel_needs_them_all() {
        let original = samples::jpeg(&samples::quarters(800, 400));
        let mut spec = thumbnails(&[32], Fit::Inside);
        let header = Source::new(&spec, &original).header().unwrap();
        let eighths = |spec: &PipelineSpec| Needs::of(spec.stages.iter().map(|it| &it.kind)).eighths(&header);
        spec.stages[0].kind = StageKind::Metadata(MetadataSpec::default());
        assert_eq!(eighths(&spec), 1);
        spec.stages[0].kind = StageKind::Optimization(OptimizationSpec::default());
        assert_eq!(eighths(&spec), 8);
        spec.stages.clear();
        assert_eq!(eighths(&spec), 1);
    }

    #[test]
    fn each_pixels_colours_are_kept_only_for_a_copy_that_shows_them() {
        let picture = samples::quarters(40, 20);
        let [jpeg, bmp] = [samples::jpeg(&picture), samples::bmp(&picture)];
        let is_exact = |format, original: &[u8]| {
            let mut spec = thumbnails(&[32], Fit::Inside);
            let copy = StageKind::Optimization(OptimizationSpec { format, ..OptimizationSpec::default() });
            spec.stages.extend(samples::stages([copy]).stages);
            let mut source = source(&spec, original);
            let pixels = source.decoded().unwrap().exact.as_ref().map(image::ImageBuffer::dimensions);
            assert!(pixels.is_none_or(|size| size == (40, 20)));
            pixels.is_some()
        };
        for (format, of_jpeg, of_bmp) in [
            (OptimizedFormat::Original, false, true),
            (OptimizedFormat::Jpeg, false, false),
            (OptimizedFormat::WebP, false, false),
            (OptimizedFormat::Png, true, true),
        ] {
            assert_eq!((is_exact(format, &jpeg), is_exact(format, &bmp)), (of_jpeg, of_bmp), "{format:?}");
        }
        assert!(source(&thumbnails(&[32], Fit::Inside), &bmp).decoded().unwrap().exact.is_none());
    }

    #[test]
    fn a_photo_is_turned_once_and_decoded_once() {
        let stored = samples::jpeg(&samples::quarters(80, 40));
        let original = samples::jpeg_with_exif(&stored, &samples::exif(6, samples::ExifEnd::Proper));
        let spec = thumbnails(&[32], Fit::Inside);
        let mut source = Source::new(&spec, &original);
        assert_eq!(source.decoded().unwrap().picture.dimensions(), size(80, 40));
        for _ in 0..2 {
            let colours = samples::quarter_colours(&source.upright().unwrap().to_rgb());
            let expected = [samples::BLUE, samples::RED, samples::YELLOW, samples::GREEN];
            assert!(colours.into_iter().zip(expected).all(|(a, b)| samples::alike(a, b)), "{colours:?}");
        }
        assert_eq!(source.decoded().unwrap().picture.dimensions(), size(40, 80));
        assert_eq!(source.decodes, 1);
    }
}
