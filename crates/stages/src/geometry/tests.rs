use proptest::prelude::*;

use super::*;

fn size(width: u16, height: u16, fit: Fit) -> ThumbnailSize {
    ThumbnailSize { name: "any".parse().unwrap(), width, height, fit }
}

#[test]
fn dimensions_follow_the_one_rounding_rule() {
    let inside = [
        ((4000, 3000), (600, 600), (600, 450)),
        ((3000, 4000), (600, 600), (450, 600)),
        ((600, 600), (600, 600), (600, 600)),
        ((599, 10), (600, 600), (599, 10)),
        ((1, 1), (150, 150), (1, 1)),
        ((1, 5000), (150, 150), (1, 150)),
        ((5000, 1), (150, 150), (150, 1)),
        // 150 × 333 / 1000 = 49.95
        ((1000, 333), (150, 150), (150, 50)),
        // 150 × 3 / 100 = 4.5: half goes up
        ((100 * 10, 30), (150, 150), (150, 5)),
        // 150 × 2.9 / 100 = 4.35
        ((1000, 29), (150, 150), (150, 4)),
        ((65_535, 65_535), (8192, 16), (16, 16)),
        ((4000, 3000), (300, 600), (300, 225)),
    ];
    let cover = [
        ((4000, 3000), (150, 150), (150, 150)),
        ((4000, 3000), (600, 100), (600, 100)),
        ((100, 80), (150, 150), (100, 80)),
        ((200, 100), (150, 150), (150, 100)),
        ((1, 5000), (150, 150), (1, 150)),
        ((151, 150), (150, 150), (150, 150)),
    ];
    for (fit, cases) in [(Fit::Inside, &inside[..]), (Fit::Cover, &cover[..])] {
        for &((w, h), (bw, bh), (tw, th)) in cases {
            let source = Dimensions { width: w, height: h };
            let expected = Dimensions { width: tw, height: th };
            assert_eq!(thumbnail_dimensions(source, &size(bw, bh, fit)), expected, "{w}×{h} {fit:?} {bw}×{bh}");
        }
    }
}

#[test]
fn cover_shows_the_middle() {
    let bounds = Bounds::from(&size(100, 100, Fit::Cover));
    let region = bounds.region(Dimensions { width: 400, height: 200 });
    assert_eq!(region, Region { left: 100.0, top: 0.0, width: 200.0, height: 200.0 });
    let smaller = bounds.region(Dimensions { width: 60, height: 200 });
    assert_eq!(smaller, Region { left: 0.0, top: 50.0, width: 60.0, height: 100.0 });
}

#[test]
fn the_decoder_keeps_twice_what_the_largest_thumbnail_needs() {
    let eighths = |source: u32, side: u16| {
        Bounds::from(&size(side, side, Fit::Inside)).ratio(Dimensions { width: source, height: 10 }).eighths()
    };
    assert_eq!(eighths(9600, 600), 1);
    assert_eq!(eighths(9599, 600), 2, "an eighth of 9599 is less than twice 600");
    assert_eq!(eighths(2400, 600), 4);
    assert_eq!(eighths(2399, 600), 8);
    assert_eq!(eighths(4799, 600), 4);
    assert_eq!(eighths(1200, 600), 8);
    assert_eq!(eighths(500, 600), 8);
}

proptest! {
    #[test]
    fn thumbnails_fit_are_never_enlarged_and_never_empty(
        (width, height) in (1_u32..=65_535, 1_u32..=65_535),
        (box_width, box_height) in (16_u16..=8192, 16_u16..=8192),
        cover in any::<bool>(),
    ) {
        let size = size(box_width, box_height, if cover { Fit::Cover } else { Fit::Inside });
        let source = Dimensions { width, height };
        let made = thumbnail_dimensions(source, &size);
        prop_assert!((1..=width.min(box_width.into())).contains(&made.width));
        prop_assert!((1..=height.min(box_height.into())).contains(&made.height));
        let touches = made.width == u32::from(box_width) || made.height == u32::from(box_height);
        let untouched = made == source;
        prop_assert!(touches || untouched, "{made:?}");

        let turned = Bounds::from(&size).turned().dimensions(Dimensions { width: height, height: width });
        prop_assert_eq!((turned.height, turned.width), (made.width, made.height), "a turned photo is made the same");

        let region = Bounds::from(&size).region(source);
        prop_assert!(region.left >= 0.0 && region.top >= 0.0);
        prop_assert!(region.left + region.width <= f64::from(width) + 1e-6);
        prop_assert!(region.top + region.height <= f64::from(height) + 1e-6);
    }
}
