//! Embedded colour profiles: their bytes and the name that they give themselves.
//!
//! Read by hand, because parsers of profiles refuse the whole profile for any table in it that is not as it should be,
//! and a name is all that is asked for here. What they mean is `srgb.rs`'s.

use std::io::Cursor;

use image::{ImageDecoder, codecs::png::PngDecoder};
use photo_core::upload_format::UploadFormat;

use crate::{container, limits, plain_text::plain_text};

/// Most tags of a profile that are looked at; profiles have about twenty.
const TAGS_MAX: usize = 100;

/// Most languages of a name that are looked at.
const LANGUAGES_MAX: usize = 100;

/// Longest name in characters.
const NAME_CHARS_MAX: usize = 128;

/// The colour profile of a file.
pub(crate) fn profile(original: &[u8], format: UploadFormat) -> Option<Vec<u8>> {
    match format {
        UploadFormat::Jpeg => jpeg_profile(original),
        // It is compressed there; the decoder bounds what comes out.
        UploadFormat::Png => {
            PngDecoder::with_limits(Cursor::new(original), limits::for_header()).ok()?.icc_profile().ok()?
        }
        UploadFormat::Webp => container::named(container::webp_chunks(original), *b"ICCP").map(<[u8]>::to_vec),
        UploadFormat::Gif | UploadFormat::Bmp => None,
    }
}

/// A JPEG holds it in pieces, each with its number, from 1 on, and their count (ICC.1:2022, B.4). Pieces that do not make a
/// whole are no profile.
fn jpeg_profile(original: &[u8]) -> Option<Vec<u8>> {
    let mut pieces: Vec<(u8, u8, &[u8])> = container::jpeg_segments(original)
        .filter_map(|(marker, content)| match content.strip_prefix(b"ICC_PROFILE\0") {
            Some([number, count, piece @ ..]) if marker == 0xE2 => Some((*number, *count, piece)),
            Some(_) | None => None,
        })
        .collect();
    pieces.sort_by_key(|(number, ..)| *number);
    let count = pieces.len();
    let is_whole = (1..).zip(&pieces).all(|(place, (number, of, _))| *number == place && usize::from(*of) == count);
    (is_whole && count > 0).then(|| pieces.into_iter().flat_map(|(.., piece)| piece).copied().collect())
}

/// The name that a profile gives itself, in English where it has it.
pub(crate) fn name(profile: &[u8]) -> Option<String> {
    let tags = profile.get(132..)?.as_chunks::<12>().0;
    let count = number(profile, 128)?.min(TAGS_MAX);
    let tag = tags.iter().take(count).find(|tag| tag.starts_with(b"desc"))?;
    let (start, length) = (number(tag, 4)?, number(tag, 8)?);
    let tag = profile.get(start..)?;
    let tag = tag.get(..length).unwrap_or(tag);
    match tag.first_chunk()? {
        b"desc" => ascii_name(tag),
        b"mluc" => unicode_name(tag),
        _ => None,
    }
}

/// The name in a `textDescriptionType` of version 2.
fn ascii_name(tag: &[u8]) -> Option<String> {
    let text = tag.get(12..)?;
    let text = text.get(..number(tag, 8)?).unwrap_or(text);
    let text = text.split(|byte| *byte == 0).next()?;
    plain_text(NAME_CHARS_MAX, |name| name.write_str(&String::from_utf8_lossy(text)))
}

/// The name in a `multiLocalizedUnicodeType` of version 4.
fn unicode_name(tag: &[u8]) -> Option<String> {
    let records = tag.get(16..)?.as_chunks::<12>().0;
    let count = number(tag, 8)?.min(LANGUAGES_MAX);
    let mut records = records.iter().take(count);
    let record = records.clone().find(|record| record.starts_with(b"en")).or_else(|| records.next())?;
    let (length, start) = (number(record, 4)?, number(record, 8)?);
    let text = tag.get(start..)?;
    let text = text.get(..length).unwrap_or(text);
    let units = text.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit));
    plain_text(NAME_CHARS_MAX, |name| {
        char::decode_utf16(units).try_for_each(|c| name.write_char(c.unwrap_or(char::REPLACEMENT_CHARACTER)))
    })
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_be_bytes(*bytes)).ok()
}

/// Whether a profile of that name is sRGB.
pub(crate) fn is_srgb(name: &str) -> bool {
    name.to_ascii_lowercase().contains("srgb")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples::icc;

    #[test]
    fn both_forms_of_a_name_are_read() {
        assert_eq!(name(&icc::profile("Adobe RGB (1998)")).as_deref(), Some("Adobe RGB (1998)"));
        let names = [("de", "Bildschirm"), ("en", "Display P3")];
        assert_eq!(name(&icc::localized_profile(&names)).as_deref(), Some("Display P3"));
        assert_eq!(name(&icc::localized_profile(&names[..1])).as_deref(), Some("Bildschirm"));
        assert_eq!(name(&icc::profile("bad\u{1b}[2J\nname")).as_deref(), Some("bad[2Jname"));
        assert_eq!(name(&icc::profile(&"x".repeat(500))).map(|name| name.len()), Some(NAME_CHARS_MAX));
    }

    #[test]
    fn a_profile_without_a_name_has_none() {
        for profile in [Vec::new(), vec![0; 131], vec![0; 132], icc::profile("")] {
            assert_eq!(name(&profile), None);
        }
    }

    proptest! {
        #[test]
        fn changed_and_cut_profiles_never_panic(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
            kept in any::<prop::sample::Index>(),
            localized in any::<bool>(),
        ) {
            let names = [("de", "Bildschirm"), ("en", "Display P3")];
            let mut profile = if localized { icc::localized_profile(&names) } else { icc::profile("sRGB") };
            for (place, byte) in changes {
                let place = place.index(profile.len());
                profile[place] = byte;
            }
            let name = name(&profile[..kept.index(profile.len() + 1)]);
            prop_assert!(name.is_none_or(|name| name.chars().count() <= NAME_CHARS_MAX));
        }
    }
}
