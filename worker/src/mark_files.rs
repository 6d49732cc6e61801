//! The images that a pipeline lays onto pictures, read from the folder that they are put into.

use std::{fs, path::Path};

use anyhow::Context;
use photo_core::pipeline::{ConfigMapKeyRef, PipelineSpec};

use crate::slot::MarkFile;

/// Every image that the pipeline needs, from `NAME/KEY` in the folder.
///
/// # Errors
/// One is missing; the text names its file and what to do.
pub(crate) fn read(folder: Option<&Path>, spec: &PipelineSpec) -> anyhow::Result<Vec<MarkFile>> {
    let images = spec.mark_images().into_iter();
    images.map(|image| Ok(MarkFile { image: image.clone(), bytes: file(folder, image)? })).collect()
}

fn file(folder: Option<&Path>, image: &ConfigMapKeyRef) -> anyhow::Result<Vec<u8>> {
    let folder = folder.with_context(|| {
        format!(
            "WATERMARK_FOLDER: a watermark of the pipeline is the image `{image}`: set it to the folder with that file"
        )
    })?;
    let path = folder.join(image.name()).join(image.key());
    fs::read(&path).with_context(|| {
        let path = path.display();
        format!("WATERMARK_FOLDER: can't read {path}, which is a watermark of the pipeline: put the image there")
    })
}

#[cfg(test)]
mod tests {
    use photo_core::pipeline::{StageKind, StageSpec, WatermarkContent, WatermarkSpec};

    use super::*;

    fn spec(contents: impl IntoIterator<Item = WatermarkContent>) -> PipelineSpec {
        let stages = contents.into_iter().enumerate().map(|(place, content)| {
            let kind = StageKind::Watermark(WatermarkSpec::showing(content));
            StageSpec::new(format!("s{place}").parse().unwrap(), kind)
        });
        PipelineSpec::of(stages.collect())
    }

    #[test]
    fn every_image_of_the_pipeline_is_read_and_a_missing_one_is_named() {
        let image = |key| ConfigMapKeyRef::new("logo", key).unwrap();
        let text = spec([WatermarkContent::Text("©".to_owned())]);
        assert_eq!(read(None, &text).unwrap(), []);
        let both = spec(["a.png", "b.png"].map(|key| WatermarkContent::Image(image(key))));
        let error = format!("{:#}", read(None, &both).unwrap_err());
        assert!(
            error.starts_with("WATERMARK_FOLDER: a watermark of the pipeline is the image `logo/a.png`"),
            "{error}"
        );
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("logo")).unwrap();
        fs::write(folder.path().join("logo/a.png"), "one").unwrap();
        let error = format!("{:#}", read(Some(folder.path()), &both).unwrap_err());
        assert!(error.contains("/logo/b.png, which is a watermark of the pipeline: put the image there"), "{error}");
        fs::write(folder.path().join("logo/b.png"), "two").unwrap();
        let found = read(Some(folder.path()), &both).unwrap();
        let file = |key, bytes: &str| MarkFile { image: image(key), bytes: bytes.into() };
        assert_eq!(found, [file("a.png", "one"), file("b.png", "two")]);
    }
}
