//! What turning a picture upright means for its size.

use image::metadata::Orientation;
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

/// What turns a picture back that was turned so.
pub(crate) fn back(orientation: Orientation) -> Orientation {
    match orientation {
        Orientation::Rotate90 => Orientation::Rotate270,
        Orientation::Rotate270 => Orientation::Rotate90,
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => orientation,
    }
}
