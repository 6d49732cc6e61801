//! Turning a picture upright: its size, its pixels.

use image::{DynamicImage, RgbImage, metadata::Orientation};
use photo_core::photo::Dimensions;

/// The size of a picture that is turned so.
pub(crate) fn shown(stored: Dimensions, orientation: Orientation) -> Dimensions {
    let Dimensions { width, height } = stored;
    if is_turn(orientation) { Dimensions { width: height, height: width } } else { stored }
}

/// Whether width and height change places.
pub(crate) fn is_turn(orientation: Orientation) -> bool {
    match orientation {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            true
        }
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => false,
    }
}

/// Rows that are written side by side: their pixels of one column are read from one line of the processor's cache.
const BAND_ROWS: usize = 8;

/// The picture turned so. A picture that only changes its direction is changed in place; one whose width and height
/// change places is in memory twice meanwhile.
pub(crate) fn turned(picture: RgbImage, orientation: Orientation) -> RgbImage {
    match orientation {
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => {
            let mut picture = DynamicImage::ImageRgb8(picture);
            picture.apply_orientation(orientation);
            picture.into_rgb8()
        }
        Orientation::Rotate90 => transposed(&picture, Reversed { rows: true, columns: false }),
        Orientation::Rotate270 => transposed(&picture, Reversed { rows: false, columns: true }),
        Orientation::Rotate90FlipH => transposed(&picture, Reversed { rows: false, columns: false }),
        Orientation::Rotate270FlipH => transposed(&picture, Reversed { rows: true, columns: true }),
    }
}

/// What is read from its end.
#[derive(Clone, Copy)]
struct Reversed {
    rows: bool,
    columns: bool,
}

/// The picture whose rows are the columns of that one, in half the time that the `image` crate takes: phones hand in
/// most of their photos like that.
fn transposed(picture: &RgbImage, reversed: Reversed) -> RgbImage {
    let (width, height) = picture.dimensions();
    let mut turned = RgbImage::new(height, width);
    let side = |pixels: u32| usize::try_from(pixels).unwrap_or(usize::MAX).max(1);
    let mut rows: Vec<&[[u8; 3]]> = picture.as_chunks().0.chunks_exact(side(width)).collect();
    let mut columns: Vec<&mut [[u8; 3]]> = turned.as_chunks_mut().0.chunks_exact_mut(side(height)).collect();
    if reversed.rows {
        rows.reverse();
    }
    if reversed.columns {
        columns.reverse();
    }
    for (band, columns) in columns.chunks_mut(BAND_ROWS).enumerate() {
        for (place, row) in rows.iter().enumerate() {
            let pixels = row.get(band * BAND_ROWS..).unwrap_or_default();
            for (column, pixel) in columns.iter_mut().zip(pixels) {
                if let Some(target) = column.get_mut(place) {
                    *target = *pixel;
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples;

    proptest! {
        #[test]
        fn pictures_of_any_size_are_turned_as_exif_means_it(width in 1..70_u32, height in 1..70_u32, number in 1..=8_u8) {
            let orientation = Orientation::from_exif(number).unwrap();
            let picture = samples::noise(width, height);
            let mut expected = DynamicImage::ImageRgb8(picture.clone());
            expected.apply_orientation(orientation);
            prop_assert!(turned(picture, orientation) == expected.into_rgb8());
        }
    }
}
