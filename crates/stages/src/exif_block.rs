//! Reading an EXIF block leniently, and only one whose reading is cheap.
//!
//! Many writers end a directory wrongly: whatever comes before the error is still good.

use exif::{Exif, Reader};
use photo_core::upload_format::UploadFormat;

use crate::container;

/// What a JPEG segment can hold; no camera writes more, whatever the file.
const BLOCK_BYTES_MAX: usize = 65_536;

/// Most entries in all directories of a block; cameras write about a hundred.
///
/// The reader follows every pointer to a directory, however many of them lead to the same one: in 64 KiB there is room
/// for directories that together have billions of entries.
const ENTRIES_MAX: usize = 4096;

/// Most bytes of all values together. Values that are longer than their block lie in the same place, and the reader
/// would copy it for each of them.
const VALUE_BYTES_MAX: usize = 2 * BLOCK_BYTES_MAX;

/// Most directories in the chain that begins with the picture's own, as the reader has it.
const CHAIN_MAX: usize = 8;

/// Types of values by their numbers in TIFF.
const BYTE: usize = 1;
const SHORT: usize = 3;
const LONG: usize = 4;

/// What became of reading a file's EXIF block.
pub(crate) enum ExifBlock {
    /// Its tags, at least those before an error.
    Read(Exif),
    /// The file has none.
    Absent,
    /// It is no EXIF block, or none that is worth its reading.
    Unreadable,
}

/// Reads the EXIF block of a file.
pub(crate) fn read(original: &[u8], format: UploadFormat) -> ExifBlock {
    let Some(block) = container::exif_block(original, format) else { return ExifBlock::Absent };
    let block = block.get(..BLOCK_BYTES_MAX).unwrap_or(block);
    if !Directories::of(block).is_some_and(Directories::are_few) {
        return ExifBlock::Unreadable;
    }
    let read = Reader::new().continue_on_error(true).read_raw(block.to_vec());
    read.or_else(|error| error.distill_partial_result(|_| ())).map_or(ExifBlock::Unreadable, ExifBlock::Read)
}

/// The directories of a block, as the reader will come across them.
struct Directories<'a> {
    block: &'a [u8],
    is_little_endian: bool,
    entries_left: usize,
    value_bytes_left: usize,
}

/// A directory by the pointers that it may hold.
#[derive(Clone, Copy)]
enum Directory {
    Picture,
    Exif,
    Leaf,
}

impl<'a> Directories<'a> {
    fn of(block: &'a [u8]) -> Option<Self> {
        let is_little_endian = match block {
            [b'I', b'I', ..] => true,
            [b'M', b'M', ..] => false,
            _ => return None,
        };
        Some(Self { block, is_little_endian, entries_left: ENTRIES_MAX, value_bytes_left: VALUE_BYTES_MAX })
    }

    /// Whether their entries and values are within the limits.
    fn are_few(mut self) -> bool {
        let mut next = self.long(4);
        for _ in 0..CHAIN_MAX {
            let Some(offset) = next.filter(|offset| *offset != 0) else { return true };
            match self.walk(offset, Directory::Picture) {
                Some(after) => next = self.long(after),
                None => return false,
            }
        }
        true
    }

    /// Walks through a directory and those that it points to; returns where its entries end, or nothing if a limit is
    /// exceeded or a pointer has another form than EXIF gives it.
    fn walk(&mut self, offset: usize, directory: Directory) -> Option<usize> {
        let entries = self.short(offset).unwrap_or(0);
        let mut at = offset.saturating_add(2);
        for _ in 0..entries {
            let Some((tag, kind, count, value)) = self.entry(at) else { break };
            self.entries_left = self.entries_left.checked_sub(1)?;
            let bytes = unit_bytes(kind).saturating_mul(count);
            // The reader refuses a value that is longer than all there is.
            if bytes <= self.block.len() {
                self.value_bytes_left = self.value_bytes_left.checked_sub(bytes)?;
            }
            match (directory.child(tag), kind, count) {
                (Some(child), LONG, 1) => self.walk(value, child).map(|_| ())?,
                // The reader would follow these as well, to a place that is harder to tell.
                (Some(_), BYTE | SHORT | LONG, _) => return None,
                (Some(_) | None, ..) => {}
            }
            at += 12;
        }
        Some(at)
    }

    /// Tag, type, count, and value or place of an entry.
    fn entry(&self, at: usize) -> Option<(usize, usize, usize, usize)> {
        let long = |offset: usize| self.long(at.checked_add(offset)?);
        Some((self.short(at)?, self.short(at.checked_add(2)?)?, long(4)?, long(8)?))
    }

    fn short(&self, at: usize) -> Option<usize> {
        let bytes = *self.block.get(at..)?.first_chunk()?;
        Some(usize::from(if self.is_little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }))
    }

    fn long(&self, at: usize) -> Option<usize> {
        let bytes = *self.block.get(at..)?.first_chunk()?;
        let long = if self.is_little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
        usize::try_from(long).ok()
    }
}

/// Bytes of one unit of a type; 0 of one that the reader does not read.
fn unit_bytes(kind: usize) -> usize {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 => 4,
        5 | 10 | 12 => 8,
        _ => 0,
    }
}

impl Directory {
    fn child(self, tag: usize) -> Option<Self> {
        match (self, tag) {
            (Self::Picture, 0x8769) => Some(Self::Exif),
            (Self::Picture, 0x8825) | (Self::Exif, 0xA005) => Some(Self::Leaf),
            (Self::Picture | Self::Exif | Self::Leaf, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use exif::{In, Tag};

    use super::*;
    use crate::samples::{
        self,
        exif::{ByteOrder, ExifEnd, of_a_camera, pointing_everywhere},
    };

    fn read_from_jpeg(block: &[u8]) -> ExifBlock {
        read(&samples::jpeg_with_exif(&samples::jpeg(&samples::quarters(8, 8)), block), UploadFormat::Jpeg)
    }

    #[test]
    fn what_cameras_write_is_read() {
        for order in [ByteOrder::Big, ByteOrder::Little] {
            for end in [ExifEnd::Proper, ExifEnd::Missing, ExifEnd::Wild] {
                let ExifBlock::Read(exif) = read_from_jpeg(&of_a_camera().write(order, end)) else {
                    panic!("{order:?}, {end:?}");
                };
                assert!(exif.get_field(Tag::GPSLatitude, In::PRIMARY).is_some(), "{order:?}, {end:?}");
            }
        }
    }

    #[test]
    fn directories_that_point_to_one_another_are_not_followed_without_end() {
        assert!(matches!(read_from_jpeg(&pointing_everywhere(3)), ExifBlock::Read(_)));
        assert!(matches!(read_from_jpeg(&pointing_everywhere(40)), ExifBlock::Unreadable));
        // With 1500 entries each, the reader would collect three billion of them.
        assert!(matches!(read_from_jpeg(&pointing_everywhere(1500)), ExifBlock::Unreadable));
    }

    #[test]
    fn values_that_lie_in_the_same_place_are_not_copied_without_end() {
        let with_texts = |texts: usize| {
            let text = vec![0; 30_000];
            let place = u32::try_from(8 + 2 + 12 * texts + 4).unwrap();
            let entry = [&b"\x0E\x01\x02\0\x30\x75\0\0"[..], &place.to_le_bytes()].concat();
            let count = u16::try_from(texts).unwrap().to_le_bytes();
            [&b"II\x2A\0\x08\0\0\0"[..], &count, &entry.repeat(texts), &[0; 4], &text].concat()
        };
        assert!(matches!(read_from_jpeg(&with_texts(4)), ExifBlock::Read(_)));
        assert!(matches!(read_from_jpeg(&with_texts(5)), ExifBlock::Unreadable));
    }

    #[test]
    fn a_directory_that_is_its_own_successor_ends() {
        let block = b"II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x08\0\0\0";
        assert!(matches!(read_from_jpeg(block), ExifBlock::Read(_)));
    }

    #[test]
    fn what_is_no_block_is_unreadable_and_none_is_absent() {
        assert!(matches!(read_from_jpeg(b"no TIFF at all"), ExifBlock::Unreadable));
        assert!(matches!(read_from_jpeg(b""), ExifBlock::Unreadable));
        assert!(matches!(read(&samples::jpeg(&samples::quarters(8, 8)), UploadFormat::Jpeg), ExifBlock::Absent));
        assert!(matches!(read(&samples::bmp(&samples::quarters(8, 8)), UploadFormat::Bmp), ExifBlock::Absent));
    }
}
