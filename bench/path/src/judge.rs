//! Whether the outputs of a turn are right. They are read back through the contender's API, which has them from MinIO.

use std::io::Cursor;

use anyhow::Context;
use image::{ImageFormat, ImageReader};
use photo_core::photo::PhotoStatus;
use photo_stack::photos::{PhotoView, Photos};

use crate::{client::Completed, stacks::Entrance};

/// How closely outputs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Kind and size.
    Header,
    /// Also whether every pixel can be decoded.
    Pixels,
}

/// What the outputs of a turn are.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Length of all of them.
    pub(crate) bytes: u64,
    /// A sentence for each that is wrong.
    pub(crate) wrong: Vec<String>,
}

/// Looks at every output of what was completed.
///
/// # Errors
/// Where the API does not answer. What is wrong with a picture is part of the verdict.
pub(crate) async fn judge(entrance: &Entrance, photos: &[Completed<'_>], depth: Depth) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::default();
    for completed in photos {
        let api = Photos::new(&entrance.api_url, &completed.token)?;
        let of = format!("{} by {}", completed.photo.name, entrance.pipeline);
        let view = api.photo(completed.id.parse()?).await.with_context(|| of.clone())?;
        verdict.wrong.extend(faults(&view, completed).into_iter().map(|fault| format!("{of}: {fault}")));
        for variant in &view.variants {
            let bytes = api.bytes_of(variant).await.with_context(|| format!("{} of {of}", variant.name))?;
            verdict.bytes += bytes.len() as u64;
            let expected = completed.photo.outputs.get(variant.name.as_str()).copied();
            let fault = fault(&bytes, expected.unwrap_or_default(), depth);
            verdict.wrong.extend(fault.map(|fault| format!("{} of {of}: {fault}", variant.name)));
        }
    }
    Ok(verdict)
}

/// What is wrong with a photo, its pictures apart.
fn faults(view: &PhotoView, completed: &Completed<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    if view.status != PhotoStatus::Completed {
        faults.push(format!("it was told to be completed and is {}", view.status.as_str()));
    }
    let mut names: Vec<&str> = view.variants.iter().map(|variant| variant.name.as_str()).collect();
    names.sort_unstable();
    let expected: Vec<&str> = completed.photo.outputs.keys().map(String::as_str).collect();
    if names != expected {
        faults.push(format!("it has the outputs {names:?} where {expected:?} were expected"));
    }
    faults
}

/// What is wrong with an output. Tools round halves in different ways, so a side may differ by 1.
fn fault(bytes: &[u8], expected: (u32, u32), depth: Depth) -> Option<String> {
    let reader = || ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
    let found = match reader().into_dimensions() {
        Ok(found) => found,
        Err(error) => return Some(format!("it is no JPEG: {error}")),
    };
    if found.0.abs_diff(expected.0) > 1 || found.1.abs_diff(expected.1) > 1 {
        return Some(format!("it has {found:?} pixels where {expected:?} were expected"));
    }
    let broken = if depth == Depth::Pixels { reader().decode().err() } else { None };
    broken.map(|error| format!("it is broken: {error}"))
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;

    #[test]
    fn an_output_is_a_whole_jpeg_of_its_size() {
        let mut bytes = Vec::new();
        let picture = RgbImage::from_fn(60, 40, |x, y| image::Rgb([(x * y % 251) as u8, 2, 3]));
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
        assert_eq!(fault(&bytes, (60, 41), Depth::Pixels), None);
        assert!(fault(&bytes, (40, 60), Depth::Header).unwrap().contains("(60, 40)"));
        assert!(fault(b"GIF89a", (60, 40), Depth::Header).unwrap().contains("no JPEG"));
    }
}
