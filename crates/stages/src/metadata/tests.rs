use std::collections::BTreeMap;

use image::{DynamicImage, ImageBuffer, Luma, LumaA, RgbImage, RgbaImage};
use photo_core::{
    photo_metadata::{Degrees, GpsPosition},
    pipeline::StageKind,
};
use proptest::prelude::*;

use super::*;
use crate::samples::{
    self,
    exif::{Block, ByteOrder, Entry, ExifEnd, Value, of_a_camera, text},
    icc, noise, quarters,
};

const KEEP: MetadataSpec = MetadataSpec { gps: GpsPolicy::Keep };
const STRIP: MetadataSpec = MetadataSpec { gps: GpsPolicy::Strip };

fn metadata(original: &[u8], spec: MetadataSpec) -> Result<PhotoMetadata, Fault> {
    let mut source = Source::new(&samples::stages([StageKind::Metadata(spec)]), original);
    let metadata = read(&mut source, spec);
    assert_eq!(source.decodes, 0, "metadata are read without decoding a pixel");
    metadata
}

fn rgba(picture: &RgbImage) -> RgbaImage {
    DynamicImage::ImageRgb8(picture.clone()).into_rgba8()
}

/// A file of each format with that EXIF block; the second WebP has it with the prefix that belongs to JPEG.
fn containers(block: &[u8]) -> [Vec<u8>; 4] {
    let picture = quarters(8, 4);
    let jpeg = samples::jpeg_with_exif(&samples::jpeg(&picture), block);
    let png = samples::png_with_exif(&samples::png(&DynamicImage::ImageRgb8(picture.clone())), block);
    let prefixed = [b"Exif\0\0", block].concat();
    let webp = |block: &[u8]| samples::webp_with_exif(&rgba(&picture), block);
    [jpeg, png, webp(block), webp(&prefixed)]
}

#[test]
fn the_form_of_the_pixels_is_that_of_the_file() {
    use ColorSpace::{Cmyk, Gray, Srgb};
    let picture = quarters(64, 48);
    let png = |picture: DynamicImage| samples::png(&picture);
    let rgb = DynamicImage::ImageRgb8(picture.clone());
    let colours = [samples::RED, samples::GREEN, samples::BLUE, samples::YELLOW];
    let originals = [
        ("jpeg", samples::jpeg(&picture), (Srgb, 8, false)),
        ("progressive jpeg", samples::progressive_jpeg(&picture), (Srgb, 8, false)),
        ("gray jpeg", samples::gray_jpeg(&picture), (Gray, 8, false)),
        ("cmyk jpeg", samples::cmyk_jpeg(8, 8, [1, 2, 3, 4]), (Cmyk, 8, false)),
        ("png", png(rgb.clone()), (Srgb, 8, false)),
        ("rgba png", png(DynamicImage::ImageRgba8(rgba(&picture))), (Srgb, 8, true)),
        ("16-bit png", png(DynamicImage::ImageRgb16(rgb.to_rgb16())), (Srgb, 16, false)),
        ("gray png", png(DynamicImage::ImageLuma8(ImageBuffer::from_pixel(2, 2, Luma([0])))), (Gray, 8, false)),
        (
            "16-bit gray png",
            png(DynamicImage::ImageLumaA16(ImageBuffer::from_pixel(2, 2, LumaA([0, 0])))),
            (Gray, 16, true),
        ),
        ("palette png", samples::palette_png(8, colours, &[]), (Srgb, 8, false)),
        ("palette png with alpha", samples::palette_png(8, colours, &[255, 0]), (Srgb, 8, true)),
        ("1-bit png", samples::png_claiming(8, 8), (Gray, 1, false)),
        ("webp", samples::webp(&rgba(&picture)), (Srgb, 8, true)),
        ("gif", samples::gif(std::slice::from_ref(&picture)), (Srgb, 8, true)),
        ("bmp", samples::bmp(&picture), (Srgb, 8, false)),
    ];
    for (name, original, expected) in originals {
        let metadata = metadata(&original, KEEP).unwrap();
        assert_eq!((metadata.color_space, metadata.bits_per_channel, metadata.has_alpha), expected, "{name}");
        assert_eq!((metadata.color_profile, metadata.exif, metadata.gps), (None, BTreeMap::new(), None), "{name}");
    }
}

#[test]
fn a_profile_tells_how_red_green_and_blue_are_meant() {
    let picture = quarters(16, 8);
    let srgb = icc::profile("sRGB IEC61966-2.1");
    let wide = icc::localized_profile(&[("en", "Display P3")]);
    let cases = [(&srgb, ColorSpace::Srgb, "sRGB IEC61966-2.1"), (&wide, ColorSpace::Rgb, "Display P3")];
    for (profile, color_space, name) in cases {
        let originals = [
            samples::jpeg_with_profile(&samples::jpeg(&picture), profile),
            samples::png_with_profile(&DynamicImage::ImageRgb8(picture.clone()), profile.clone()),
            samples::webp_with_profile(&rgba(&picture), profile),
        ];
        for original in originals {
            let metadata = metadata(&original, STRIP).unwrap();
            assert_eq!((metadata.color_space, metadata.color_profile.as_deref()), (color_space, Some(name)));
        }
    }
    let gray = samples::jpeg_with_profile(&samples::gray_jpeg(&picture), &icc::profile("Dot Gain 20%"));
    assert_eq!(metadata(&gray, STRIP).unwrap().color_space, ColorSpace::Gray);
    let nameless = samples::jpeg_with_profile(&samples::jpeg(&picture), &[7; 300]);
    let nameless = metadata(&nameless, STRIP).unwrap();
    assert_eq!((nameless.color_space, nameless.color_profile), (ColorSpace::Rgb, None));
}

#[test]
fn tags_have_their_standard_names_and_the_texts_that_people_read() {
    let expected = BTreeMap::from(
        [
            ("DateTime", "2024-05-17 18:03:09"),
            ("DateTimeOriginal", "2024-05-17 18:03:08"),
            ("ExposureTime", "1/250 s"),
            ("FNumber", "f/2.8"),
            ("FocalLength", "50 mm"),
            ("Make", "Canon"),
            ("Model", "Canon EOS R5"),
            ("Orientation", "row 0 at right and column 0 at top"),
            ("PhotographicSensitivity", "400"),
        ]
        .map(|(tag, text)| (tag.to_owned(), text.to_owned())),
    );
    for order in [ByteOrder::Big, ByteOrder::Little] {
        for end in [ExifEnd::Proper, ExifEnd::Missing, ExifEnd::Wild] {
            for original in containers(&of_a_camera().write(order, end)) {
                let metadata = metadata(&original, STRIP).unwrap();
                assert_eq!(metadata.exif, expected, "{order:?}, {end:?}");
            }
        }
    }
}

#[test]
fn the_place_is_told_only_where_the_pipeline_keeps_it() {
    let degrees = |degrees| Degrees::try_from(degrees).unwrap();
    for original in containers(&of_a_camera().write(ByteOrder::Little, ExifEnd::Wild)) {
        let kept = metadata(&original, KEEP).unwrap();
        let position = kept.gps.unwrap();
        // 33° 51′ 12.6433649″ S, 151° 12′ 55″ E.
        assert_eq!((position.latitude, position.longitude), (degrees(-33.853_512), degrees(151.215_278)));
        assert_eq!(position.altitude_meters, Some(5));
        let stripped = metadata(&original, STRIP).unwrap();
        assert_eq!(stripped, PhotoMetadata { gps: None, ..kept.clone() });
        for tag in kept.exif.keys() {
            assert!(!tag.to_ascii_lowercase().contains("gps"), "{tag}");
        }
    }
}

fn position(gps: Vec<Entry>) -> Option<GpsPosition> {
    let block = Block { gps, ..Block::default() }.write(ByteOrder::Big, ExifEnd::Proper);
    metadata(&samples::jpeg_with_exif(&samples::jpeg(&quarters(8, 8)), &block), KEEP).unwrap().gps
}

#[test]
fn a_position_that_makes_no_sense_is_none() {
    let at = |north: &str, latitude: &[(u32, u32)], east: &str, longitude: &[(u32, u32)]| {
        position(vec![
            (1, text(north)),
            (2, Value::Rationals(latitude.to_vec())),
            (3, text(east)),
            (4, Value::Rationals(longitude.to_vec())),
        ])
        .map(|it| (f64::from(it.latitude), f64::from(it.longitude)))
    };
    let good = [(10, 1), (30, 1), (36, 1)];
    let same = |seen: Option<(f64, f64)>, (latitude, longitude): (f64, f64)| {
        seen.is_some_and(|seen| (seen.0 - latitude).abs() < 1e-6 && (seen.1 - longitude).abs() < 1e-6)
    };
    assert!(same(at("N", &good, "E", &good), (10.51, 10.51)));
    assert!(same(at("S", &good, "W", &good), (-10.51, -10.51)));
    assert!(same(at(" n", &good, "w", &[(21, 2)]), (10.51, -10.5)), "degrees may be all there is");
    assert!(same(at("N", &[(90, 1), (0, 1)], "E", &[(180, 1)]), (90.0, 180.0)));
    assert!(same(at("N", &[(10, 1), (30, 1), (0, 0)], "E", &good), (10.5, 10.51)), "0/0 is left out");
    for wrong in [
        &[(91, 1), (0, 1), (0, 1)][..],
        &[(90, 1), (0, 1), (1, 1)],
        &[(10, 0), (0, 1), (0, 1)],
        &[(10, 1), (5, 0), (0, 1)],
        &[(10, 1), (61, 1), (0, 1)],
        &[(10, 1), (0, 1), (u32::MAX, 1)],
        &[],
    ] {
        assert_eq!(at("N", wrong, "E", &good), None, "{wrong:?}");
    }
    assert_eq!(at("N", &good, "E", &[(180, 1), (0, 1), (1, 100)]), None);
    assert_eq!(at("X", &good, "E", &good), None);
    assert_eq!(at("N", &good, "", &good), None);
    assert_eq!(position(vec![(1, text("N")), (2, text("10 30 36"))]), None);
    assert_eq!(position(vec![(1, Value::Short(78)), (2, Value::Rationals(good.to_vec()))]), None);
}

#[test]
fn a_height_that_makes_no_sense_is_left_out() {
    let height = |reference: u8, height: (u32, u32)| {
        let good = || Value::Rationals(vec![(10, 1), (30, 1), (36, 1)]);
        let angles = vec![(1, text("N")), (2, good()), (3, text("E")), (4, good())];
        let height = vec![(5, Value::Bytes(vec![reference])), (6, Value::Rationals(vec![height]))];
        position([angles, height].concat()).unwrap().altitude_meters
    };
    assert_eq!(height(0, (17_696, 2)), Some(8848));
    assert_eq!(height(1, (4305, 10)), Some(-431));
    assert_eq!(height(0, (5, 0)), None);
    assert_eq!(height(0, (u32::MAX, 1)), None);
    assert_eq!(height(1, (20_000, 1)), None);
}

#[test]
fn texts_are_bounded_and_blobs_are_not_told() {
    let block = Block {
        picture: vec![
            (0x010E, Value::Text([b"a\x1b[31m\x00\xF0b \xFF\xFE".to_vec(), vec![b'x'; 5000]].concat())),
            (0x010F, Value::Text(b" \x01 ".to_vec())),
            (0x0110, Value::Undefined(vec![1; 40])),
            (0x0131, Value::Short(7)),
            (0x02BC, Value::Bytes(b"<x:xmpmeta/>".to_vec())),
            (0xC4A5, text("PrintIM")),
        ],
        exif: vec![
            (0x829A, Value::Rationals(vec![(1, 0)])),
            (0x9204, Value::SignedRationals(vec![(-1, 3)])),
            (0x9214, Value::Rationals(vec![(1, 1); 3000])),
            (0xA430, text("Jane Doe")),
        ],
        gps: Vec::new(),
    };
    let block = block.write(ByteOrder::Little, ExifEnd::Proper);
    let png = samples::png_with_exif(&samples::png(&DynamicImage::ImageRgb8(quarters(8, 4))), &block);
    let exif = metadata(&png, KEEP).unwrap().exif;
    let tags: Vec<_> = exif.keys().map(String::as_str).collect();
    assert_eq!(tags, ["ExposureBiasValue", "ImageDescription", "Software", "SubjectArea"]);
    assert!(exif["ImageDescription"].starts_with("a[31m, "), "{}", exif["ImageDescription"]);
    for value in exif.values() {
        assert!(value.chars().count() <= PhotoMetadata::TAG_CHARS_MAX);
        assert!(!value.contains(char::is_control));
    }
}

#[test]
fn nothing_of_the_embedded_thumbnail_is_told() {
    let mut block =
        Block { picture: vec![(0x010F, text("Canon"))], ..Block::default() }.write(ByteOrder::Big, ExifEnd::Wild);
    let second = u32::try_from(block.len()).unwrap().to_be_bytes();
    let place = block.len() - 4;
    block[place..].copy_from_slice(&second);
    block.extend(b"\0\x01\x01\x10\0\x02\0\0\0\x04abc\0\0\0\0\0");
    let jpeg = samples::jpeg_with_exif(&samples::jpeg(&quarters(8, 8)), &block);
    assert_eq!(metadata(&jpeg, KEEP).unwrap().exif, BTreeMap::from([("Make".to_owned(), "Canon".to_owned())]));
}

#[test]
fn the_header_is_enough_and_the_limits_hold_before_it_is_read() {
    let whole =
        samples::jpeg_with_exif(&samples::jpeg(&noise(64, 64)), &of_a_camera().write(ByteOrder::Big, ExifEnd::Proper));
    let cut = &whole[..whole.len() / 2];
    assert_eq!(metadata(cut, KEEP).unwrap(), metadata(&whole, KEEP).unwrap());
    let fault = metadata(&whole[..40], KEEP).unwrap_err();
    assert!(matches!(fault, Fault::CutOff { .. }), "{fault:?}");
    let bomb = samples::png_claiming(30_000, 30_000);
    assert!(matches!(metadata(&bomb, KEEP), Err(Fault::TooManyPixels { .. })));
}

/// An entry of any directory, often of a tag that is told.
fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let tags = prop::sample::select(vec![
        1, 2, 3, 4, 5, 6, 0x010E, 0x0112, 0x011A, 0x0132, 0x829A, 0x829D, 0x9003, 0x9201, 0x9202, 0x9206, 0x9209,
        0x9214, 0xA001, 0xA402, 0xA432, 0xA433,
    ]);
    let value = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Text),
        any::<u16>().prop_map(Value::Short),
        any::<u32>().prop_map(Value::Long),
        proptest::collection::vec((any::<u32>(), prop_oneof![Just(0), 1..9_u32, any::<u32>()]), 0..6)
            .prop_map(Value::Rationals),
        proptest::collection::vec((any::<i32>(), prop_oneof![Just(0), any::<i32>()]), 0..6)
            .prop_map(Value::SignedRationals),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Undefined),
    ];
    proptest::collection::vec((tags, value), 0..12)
}

fn is_within_its_bounds(metadata: &PhotoMetadata) -> bool {
    metadata.exif.len() <= PhotoMetadata::TAGS_MAX
        && metadata.exif.values().all(|it| {
            !it.is_empty() && it.chars().count() <= PhotoMetadata::TAG_CHARS_MAX && !it.contains(char::is_control)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_values_of_any_tags_are_told_within_the_bounds(
        (picture, exif, gps) in (entries(), entries(), entries()),
        is_big_endian in any::<bool>(),
    ) {
        let order = if is_big_endian { ByteOrder::Big } else { ByteOrder::Little };
        let block = Block { picture, exif, gps }.write(order, ExifEnd::Proper);
        for original in containers(&block) {
            let metadata = metadata(&original, KEEP);
            prop_assert!(metadata.as_ref().is_ok_and(is_within_its_bounds), "{:?}", metadata);
        }
    }

    #[test]
    fn any_bytes_in_place_of_an_exif_block_are_read_or_left(
        mut block in proptest::collection::vec(any::<u8>(), 0..300),
        is_tiff in any::<bool>(),
    ) {
        if is_tiff {
            block = [b"II\x2A\0\x08\0\0\0".to_vec(), block].concat();
        }
        for original in containers(&block) {
            let metadata = metadata(&original, KEEP);
            prop_assert!(metadata.as_ref().is_ok_and(is_within_its_bounds), "{:?}", metadata);
        }
    }
}
