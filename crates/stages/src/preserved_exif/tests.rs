use exif::{Reader, Tag};
use proptest::prelude::*;

use super::*;
use crate::samples::{
    self, ExifEnd,
    exif::{
        Block, ByteOrder, Value as Given, of_a_camera, overlapping_texts, pointing_everywhere, text, with_thumbnail,
    },
};

const COPY: Dimensions = Dimensions { width: 300, height: 200 };

fn of_block(exif: &[u8]) -> Option<Vec<u8>> {
    let original = samples::jpeg_with_exif(&samples::jpeg(&samples::quarters(8, 8)), exif);
    block(&original, UploadFormat::Jpeg, COPY)
}

/// What a strict reader finds, as texts.
fn read(block: &[u8]) -> Vec<String> {
    let exif = Reader::new().read_raw(block.to_vec()).unwrap();
    let line = |field: &Field| format!("{}: {}", field.tag, field.display_value());
    let mut lines: Vec<String> = exif.fields().map(line).collect();
    assert!(exif.fields().all(|field| field.ifd_num == In::PRIMARY));
    lines.sort();
    lines
}

#[test]
fn what_a_camera_says_is_carried_without_the_place_and_its_own_notes() {
    for order in [ByteOrder::Big, ByteOrder::Little] {
        for end in [ExifEnd::Proper, ExifEnd::Missing, ExifEnd::Wild] {
            let lines = read(&of_block(&of_a_camera().write(order, end)).unwrap());
            assert_eq!(
                lines,
                [
                    "BodySerialNumber: \"serial number 12345\"",
                    "DateTime: 2024-05-17 18:03:09",
                    "DateTimeOriginal: 2024-05-17 18:03:08",
                    "ExposureTime: 1/250",
                    "FNumber: 2.8",
                    "FocalLength: 50",
                    "Make: \"Canon\"",
                    "Model: \"Canon EOS R5\"",
                    "Orientation: row 0 at top and column 0 at left",
                    "PhotographicSensitivity: 400",
                    "UserComment: 0x41534349490000006120636f6d6d656e74",
                ],
                "{order:?}, {end:?}"
            );
        }
    }
}

#[test]
fn the_embedded_thumbnail_stays_behind() {
    for order in [ByteOrder::Big, ByteOrder::Little] {
        let given = with_thumbnail(&of_a_camera(), order, b"an embedded picture");
        let exif = Reader::new().read_raw(given.clone()).unwrap();
        assert!(exif.get_field(Tag::JPEGInterchangeFormat, In::THUMBNAIL).is_some(), "{order:?}");
        let made = of_block(&given).unwrap();
        assert!(!made.windows(8).any(|it| it == b"embedded"), "{order:?}");
        assert_eq!(read(&made), read(&of_block(&of_a_camera().write(order, ExifEnd::Proper)).unwrap()), "{order:?}");
    }
}

#[test]
fn size_and_colours_are_those_of_the_copy() {
    let block = Block {
        exif: vec![
            (0xA001, Given::Short(0xFFFF)),
            (0xA002, Given::Short(6000)),
            (0xA003, Given::Long(4000)),
            (0x9214, Given::Short(7)),
            (0xA500, Given::Rationals(vec![(22, 10)])),
        ],
        ..Block::default()
    };
    let lines = read(&of_block(&block.write(ByteOrder::Big, ExifEnd::Proper)).unwrap());
    let upright = "Orientation: row 0 at top and column 0 at left";
    assert_eq!(lines, ["ColorSpace: sRGB", upright, "PixelXDimension: 300", "PixelYDimension: 200"]);
}

#[test]
fn a_value_of_another_kind_than_its_tags_is_left_out() {
    let block = Block {
        picture: vec![
            (0x010E, Given::Undefined(b"a description in bytes".to_vec())),
            (0x010F, text("Ca\u{1b}non\u{8}")),
            (0x0110, Given::Bytes(vec![7; 50])),
            (0x02BC, Given::Bytes(b"<x:xmpmeta exif:GPSLatitude='1'/>".to_vec())),
            (0x8649, Given::Undefined(b"a thumbnail of Photoshop".to_vec())),
        ],
        exif: vec![
            (0x8827, text("not a number")),
            (0x9000, Given::Undefined(b"0232 and more".to_vec())),
            (0x9286, Given::Undefined(b"\0\0\0\0\0\0\0\0something".to_vec())),
            (0x927C, Given::Undefined(b"notes".to_vec())),
            (0xA300, Given::Undefined(vec![3])),
            (0xA432, Given::Rationals(vec![(1, 1); 17])),
        ],
        ..Block::default()
    };
    let lines = read(&of_block(&block.write(ByteOrder::Little, ExifEnd::Proper)).unwrap());
    let upright = "Orientation: row 0 at top and column 0 at left";
    assert_eq!(lines, ["FileSource: digital still camera", "Make: \"Canon\"", upright]);
}

#[test]
fn what_is_too_long_or_not_worth_reading_is_no_block() {
    assert_eq!(of_block(&overlapping_texts()), None);
    assert_eq!(of_block(&pointing_everywhere(1500)), None);
    assert_eq!(of_block(b"no TIFF at all"), None);
    assert_eq!(block(&samples::bmp(&samples::quarters(8, 8)), UploadFormat::Bmp, COPY), None);
    assert!(of_block(&pointing_everywhere(3)).is_some());
}

#[test]
fn what_just_fits_is_carried() {
    let with_text = |length: usize| {
        let block = Block { picture: vec![(0x013B, Given::Text(vec![b'x'; length]))], ..Block::default() };
        of_block(&block.write(ByteOrder::Big, ExifEnd::Proper))
    };
    // Its own orientation is another entry.
    let around = with_text(1000).unwrap().len() - 1000;
    assert_eq!(with_text(BLOCK_BYTES_MAX - around).map(|block| block.len()), Some(BLOCK_BYTES_MAX));
    assert_eq!(with_text(BLOCK_BYTES_MAX - around + 1), None);
}

proptest! {
    #[test]
    fn changed_blocks_end_in_one_that_is_read_back_or_in_none(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        is_little_endian: bool,
    ) {
        let order = if is_little_endian { ByteOrder::Little } else { ByteOrder::Big };
        let mut given = with_thumbnail(&of_a_camera(), order, b"an embedded picture");
        for (place, byte) in changes {
            let place = place.index(given.len());
            given[place] = byte;
        }
        if let Some(made) = of_block(&given) {
            prop_assert!(made.len() <= BLOCK_BYTES_MAX);
            let exif = Reader::new().read_raw(made).unwrap();
            prop_assert!(exif.fields().all(|field| field.ifd_num == In::PRIMARY && field.tag.context() != exif::Context::Gps));
            let orientation = exif.get_field(Tag::Orientation, In::PRIMARY).and_then(|field| field.value.get_uint(0));
            prop_assert_eq!(orientation, Some(1));
        }
    }
}
