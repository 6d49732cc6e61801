//! The parts that a JPEG, PNG or WebP file consists of, walked without copying.
//!
//! Lenient: the walk ends where a length leads out of the file, and what came before it was seen.

use std::iter;

use photo_core::upload_format::UploadFormat;

/// The segments of a JPEG before its first scan: marker and content.
pub(crate) fn jpeg_segments(original: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = original;
    iter::from_fn(move || {
        loop {
            rest = match rest {
                // The end of the picture, or its first scan.
                [0xFF, 0xD9 | 0xDA, ..] | [] => return None,
                // Markers without content.
                [0xFF, 0x00 | 0x01 | 0xD0..=0xD8, after @ ..] => after,
                [0xFF, marker @ 0x02..=0xFE, high, low, after @ ..] => {
                    let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(2)?;
                    let (content, after) = after.split_at_checked(length)?;
                    rest = after;
                    return Some((*marker, content));
                }
                // Fill bytes; and libjpeg goes on behind bytes that are of no segment.
                [_, after @ ..] => after,
            };
        }
    })
}

/// The chunks of a PNG: name and content.
pub(crate) fn png_chunks(original: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = original.get(8..).unwrap_or_default();
    iter::from_fn(move || {
        let ([a, b, c, d, name @ ..], after) = rest.split_first_chunk::<8>()?;
        let length = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok()?;
        let (content, after) = after.split_at_checked(length)?;
        let checksum_bytes = 4;
        rest = after.get(checksum_bytes..).unwrap_or_default();
        Some((*name, content))
    })
}

/// The chunks of a WebP: name and content.
pub(crate) fn webp_chunks(original: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = original.get(12..).unwrap_or_default();
    iter::from_fn(move || {
        let ([name @ .., a, b, c, d], after) = rest.split_first_chunk::<8>()?;
        let length = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).ok()?;
        let (content, after) = after.split_at_checked(length)?;
        rest = after.get(length % 2..).unwrap_or_default();
        Some((*name, content))
    })
}

/// The EXIF block of a file, from its byte order on.
pub(crate) fn exif_block(original: &[u8], format: UploadFormat) -> Option<&[u8]> {
    match format {
        UploadFormat::Jpeg => jpeg_segments(original)
            .filter(|(marker, _)| *marker == 0xE1)
            .find_map(|(_, content)| without_exif_prefix(content)),
        UploadFormat::Png => named(png_chunks(original), *b"eXIf"),
        // Several writers copy the whole JPEG segment into the chunk.
        UploadFormat::Webp => {
            named(webp_chunks(original), *b"EXIF").map(|content| without_exif_prefix(content).unwrap_or(content))
        }
        UploadFormat::Gif | UploadFormat::Bmp => None,
    }
}

fn without_exif_prefix(content: &[u8]) -> Option<&[u8]> {
    content.strip_prefix(b"Exif\0")?.get(1..)
}

/// The content of the first chunk of that name.
pub(crate) fn named<'a>(mut chunks: impl Iterator<Item = ([u8; 4], &'a [u8])>, name: [u8; 4]) -> Option<&'a [u8]> {
    chunks.find_map(|(this, content)| (this == name).then_some(content))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn jpeg_segments_end_at_the_first_scan() {
        let jpeg = [
            &[0xFF, 0xD8][..],
            &[0xFF, 0xE1, 0, 3, 7],
            &[1, 2, 0xFF],
            &[0xFF, 0xFE, 0, 2],
            &[0xFF, 0xDA, 0, 2],
            &[0xFF, 0xE1, 0, 2],
        ];
        let segments =
            |bytes: &[u8]| jpeg_segments(bytes).map(|(marker, it)| (marker, it.to_vec())).collect::<Vec<_>>();
        assert_eq!(segments(&jpeg.concat()), [(0xE1, vec![7]), (0xFE, vec![])]);
        for end in [&[0xFF, 0xE1, 0xFF, 0xFF, 1][..], &[0xFF, 0xE1, 0, 1], &[0xFF, 0xE1, 0], &[0xFF], &[]] {
            assert_eq!(segments(&[jpeg[0], jpeg[1], end].concat()), [(0xE1, vec![7])], "{end:?}");
        }
    }

    #[test]
    fn chunks_end_where_a_length_leads_out_of_the_file() {
        let png = [&b"\x89PNG\r\n\x1A\n"[..], b"\0\0\0\x01abcd_", b"crc.", b"\0\0\0\x05efgh1234"].concat();
        assert_eq!(png_chunks(&png).collect::<Vec<_>>(), [(*b"abcd", &b"_"[..])]);
        let webp =
            [&b"RIFF\0\0\0\0WEBP"[..], b"abcd\x01\0\0\0_\0", b"efgh\x02\0\0\0..", b"ijkl\xFF\xFF\xFF\xFF"].concat();
        assert_eq!(webp_chunks(&webp).collect::<Vec<_>>(), [(*b"abcd", &b"_"[..]), (*b"efgh", b"..")]);
    }

    proptest! {
        #[test]
        fn walks_end_whatever_the_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let seen = jpeg_segments(&bytes).count() + png_chunks(&bytes).count() + webp_chunks(&bytes).count();
            prop_assert!(seen <= 3 * bytes.len());
        }
    }
}
