//! How large a mark may be and where it lies: shares of the picture, so that it is the same in all sizes of it.

use photo_core::{photo::Dimensions, pipeline::WatermarkPosition};

use crate::mark::Corner;

/// How far a mark stays from the edges, in hundredths of the picture's shorter side.
const MARGIN_PERCENT: u32 = 2;

/// The most pixels that a mark may have: its share of each side, and what the margins leave; at least one.
pub(super) fn room(picture: Dimensions, size_percent: u8) -> Dimensions {
    let margin = margin(picture);
    let side = |side: u32| share(side, size_percent.into()).min(side.saturating_sub(2 * margin)).max(1);
    Dimensions { width: side(picture.width), height: side(picture.height) }
}

/// The size of an image that fills the room on one side, in its own proportions.
pub(super) fn fit(image: Dimensions, room: Dimensions) -> Dimensions {
    // A side of it, where the other becomes `other` of `of` pixels.
    let beside = |side: u32, other: u32, of: u32, most: u32| {
        let (side, other, of) = (u64::from(side), u64::from(other), u64::from(of.max(1)));
        u32::try_from((2 * side * other + of) / (2 * of)).unwrap_or(most).clamp(1, most.max(1))
    };
    let is_wider = u64::from(image.width) * u64::from(room.height) > u64::from(room.width) * u64::from(image.height);
    if is_wider {
        Dimensions { width: room.width, height: beside(image.height, room.width, image.width, room.height) }
    } else {
        Dimensions { width: beside(image.width, room.height, image.height, room.width), height: room.height }
    }
}

/// Where a mark of that size lies.
pub(super) fn corner(picture: Dimensions, mark: Dimensions, position: WatermarkPosition) -> Corner {
    let margin = margin(picture);
    let middle = |side: u32, mark: u32| side.saturating_sub(mark) / 2;
    let end = |side: u32, mark: u32| side.saturating_sub(mark).saturating_sub(margin);
    let (right, bottom) = (end(picture.width, mark.width), end(picture.height, mark.height));
    let (left, top) = match position {
        WatermarkPosition::TopLeft => (margin, margin),
        WatermarkPosition::TopRight => (right, margin),
        WatermarkPosition::BottomLeft => (margin, bottom),
        WatermarkPosition::BottomRight => (right, bottom),
        WatermarkPosition::Center => (middle(picture.width, mark.width), middle(picture.height, mark.height)),
    };
    Corner { left, top }
}

fn margin(picture: Dimensions) -> u32 {
    share(picture.width.min(picture.height), MARGIN_PERCENT)
}

/// So many hundredths of a side. A side that decoders take is far from where this would end.
fn share(side: u32, percent: u32) -> u32 {
    side.saturating_mul(percent) / 100
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POSITIONS: [WatermarkPosition; 5] = [
        WatermarkPosition::TopLeft,
        WatermarkPosition::TopRight,
        WatermarkPosition::BottomLeft,
        WatermarkPosition::BottomRight,
        WatermarkPosition::Center,
    ];

    #[test]
    fn marks_keep_to_their_share_and_their_margin() {
        let picture = Dimensions { width: 400, height: 200 };
        assert_eq!(room(picture, 25), Dimensions { width: 100, height: 50 });
        assert_eq!(room(picture, 100), Dimensions { width: 392, height: 192 });
        let mark = Dimensions { width: 100, height: 20 };
        let corners = POSITIONS.map(|position| corner(picture, mark, position)).map(|it| (it.left, it.top));
        assert_eq!(corners, [(4, 4), (296, 4), (4, 176), (296, 176), (150, 90)]);
    }

    #[test]
    fn images_keep_their_proportions() {
        let size = |width, height| Dimensions { width, height };
        let room = size(100, 50);
        for (image, expected) in [
            (size(10, 10), size(50, 50)),
            (size(4000, 1000), size(100, 25)),
            (size(30, 40), size(38, 50)),
            (size(2000, 1), size(100, 1)),
            (size(1, 2000), size(1, 50)),
            (size(100, 50), room),
        ] {
            assert_eq!(fit(image, room), expected, "{image:?}");
        }
    }

    proptest! {
        #[test]
        fn a_mark_lies_within_any_picture(
            width in 1..65_500_u32, height in 1..65_500_u32, percent in 1..=100_u8, which in 0..5_usize
        ) {
            let picture = Dimensions { width, height };
            let mark = room(picture, percent);
            let Corner { left, top } = corner(picture, mark, POSITIONS[which]);
            prop_assert!(mark.width >= 1 && left + mark.width <= width);
            prop_assert!(mark.height >= 1 && top + mark.height <= height);
        }
    }
}
