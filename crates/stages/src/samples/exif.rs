//! Generated EXIF blocks, as different writers leave them.

/// What an EXIF block says after its last directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExifEnd {
    /// That it was the last directory.
    Proper,
    /// Nothing at all, or a next directory beyond the end: what several writers do.
    Missing,
    Wild,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Big,
    Little,
}

/// A value of a tag.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Bytes(Vec<u8>),
    Text(Vec<u8>),
    Short(u16),
    Long(u32),
    Rationals(Vec<(u32, u32)>),
    Undefined(Vec<u8>),
    SignedRationals(Vec<(i32, i32)>),
}

pub(crate) type Entry = (u16, Value);

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.as_bytes().to_vec())
}

/// A block with the entries of the picture's own directory, of the EXIF and of the GPS directory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub(crate) picture: Vec<Entry>,
    pub(crate) exif: Vec<Entry>,
    pub(crate) gps: Vec<Entry>,
}

impl Block {
    pub(crate) fn write(&self, order: ByteOrder, end: ExifEnd) -> Vec<u8> {
        let mut writer = Writer { order, end, block: Vec::new() };
        writer.block.extend(if order == ByteOrder::Big { b"MM" } else { b"II" });
        writer.short(42);
        writer.long(0);
        let mut picture = self.picture.clone();
        for (pointer, entries) in [(0x8769, &self.exif), (0x8825, &self.gps)] {
            if !entries.is_empty() {
                picture.push((pointer, Value::Long(writer.directory(entries))));
            }
        }
        let start = writer.directory(&picture);
        let start = writer.number(start);
        writer.block[4..8].copy_from_slice(&start);
        writer.block
    }
}

struct Writer {
    order: ByteOrder,
    end: ExifEnd,
    block: Vec<u8>,
}

impl Writer {
    /// Writes the values that need room of their own, then the directory; returns its place.
    fn directory(&mut self, entries: &[Entry]) -> u32 {
        let mut lines = Vec::new();
        for (tag, value) in entries {
            let (kind, count, mut bytes) = self.value(value);
            if bytes.len() > 4 {
                let place = u32::try_from(self.block.len()).unwrap();
                self.block.extend(&bytes);
                bytes = self.number(place).to_vec();
            }
            bytes.resize(4, 0);
            lines.push((*tag, kind, count, bytes));
        }
        let place = u32::try_from(self.block.len()).unwrap();
        self.short(u16::try_from(lines.len()).unwrap());
        for (tag, kind, count, bytes) in lines {
            self.short(tag);
            self.short(kind);
            self.long(count);
            self.block.extend(bytes);
        }
        match self.end {
            ExifEnd::Proper => self.long(0),
            ExifEnd::Missing => {}
            ExifEnd::Wild => self.long(0x7FFF),
        }
        place
    }

    fn value(&self, value: &Value) -> (u16, u32, Vec<u8>) {
        let count = |items: usize| u32::try_from(items).unwrap();
        match value {
            Value::Bytes(bytes) => (1, count(bytes.len()), bytes.clone()),
            Value::Text(text) => (2, count(text.len() + 1), [text, &b"\0"[..]].concat()),
            Value::Short(short) => (3, 1, self.half(*short).to_vec()),
            Value::Long(long) => (4, 1, self.number(*long).to_vec()),
            Value::Rationals(parts) => {
                let bytes = parts.iter().flat_map(|(a, b)| [self.number(*a), self.number(*b)]);
                (5, count(parts.len()), bytes.flatten().collect())
            }
            Value::Undefined(bytes) => (7, count(bytes.len()), bytes.clone()),
            Value::SignedRationals(parts) => {
                let bytes =
                    parts.iter().flat_map(|(a, b)| [self.number(a.cast_unsigned()), self.number(b.cast_unsigned())]);
                (10, count(parts.len()), bytes.flatten().collect())
            }
        }
    }

    fn half(&self, short: u16) -> [u8; 2] {
        if self.order == ByteOrder::Big { short.to_be_bytes() } else { short.to_le_bytes() }
    }

    fn number(&self, long: u32) -> [u8; 4] {
        if self.order == ByteOrder::Big { long.to_be_bytes() } else { long.to_le_bytes() }
    }

    fn short(&mut self, short: u16) {
        let bytes = self.half(short);
        self.block.extend(bytes);
    }

    fn long(&mut self, long: u32) {
        let bytes = self.number(long);
        self.block.extend(bytes);
    }
}

/// A block (big endian) that holds an orientation and nothing else.
pub(crate) fn orientation(orientation: u16, end: ExifEnd) -> Vec<u8> {
    Block { picture: vec![(0x0112, Value::Short(orientation))], ..Block::default() }.write(ByteOrder::Big, end)
}

/// The number of seconds in [`of_a_camera`]'s latitude: nothing else in a photo looks like it.
pub(crate) const LATITUDE_SECONDS: u32 = 0x4B5A_3C71;

/// What a camera writes that knows where it is.
pub(crate) fn of_a_camera() -> Block {
    let seconds = (LATITUDE_SECONDS, 100_000_000);
    Block {
        picture: vec![
            (0x010F, text("Canon")),
            (0x0110, text("Canon EOS R5")),
            (0x0112, Value::Short(6)),
            (0x0132, text("2024:05:17 18:03:09")),
        ],
        exif: vec![
            (0x829A, Value::Rationals(vec![(1, 250)])),
            (0x829D, Value::Rationals(vec![(28, 10)])),
            (0x8827, Value::Short(400)),
            (0x9003, text("2024:05:17 18:03:08")),
            (0x920A, Value::Rationals(vec![(50, 1)])),
            (0x927C, Value::Undefined(b"the maker's notes".to_vec())),
            (0x9286, Value::Undefined(b"ASCII\0\0\0a comment".to_vec())),
            (0xA431, text("serial number 12345")),
        ],
        gps: vec![
            (0x0001, text("S")),
            (0x0002, Value::Rationals(vec![(33, 1), (51, 1), seconds])),
            (0x0003, text("E")),
            (0x0004, Value::Rationals(vec![(151, 1), (12, 1), (5500, 100)])),
            (0x0005, Value::Bytes(vec![0])),
            (0x0006, Value::Rationals(vec![(46, 10)])),
        ],
    }
}

/// Directories that point to directories, `entries` each, three deep: their reading takes the cube of that.
pub(crate) fn pointing_everywhere(entries: u32) -> Vec<u8> {
    let pointers = |tag: u16, place: u32| vec![(tag, Value::Long(place)); entries as usize];
    let mut writer = Writer { order: ByteOrder::Little, end: ExifEnd::Proper, block: b"II\x2A\0\0\0\0\0".to_vec() };
    let leaf = writer.directory(&vec![(1, Value::Short(1)); entries as usize]);
    let exif = writer.directory(&pointers(0xA005, leaf));
    let mut picture = pointers(0x8769, exif);
    picture.push((0x0112, Value::Short(6)));
    let start = writer.directory(&picture).to_le_bytes();
    writer.block[4..8].copy_from_slice(&start);
    writer.block
}

/// Two texts of 40,000 bytes in the same place: as values of their own they are longer than any JPEG can carry.
pub(crate) fn overlapping_texts() -> Vec<u8> {
    let mut writer = Writer { order: ByteOrder::Little, end: ExifEnd::Proper, block: b"II\x2A\0\x08\0\0\0".to_vec() };
    let place = 8 + 2 + 2 * 12 + 4;
    writer.short(2);
    for tag in [0x013B, 0x8298] {
        writer.short(tag);
        writer.short(2);
        writer.long(40_000);
        writer.long(place);
    }
    writer.long(0);
    writer.block.resize(place as usize + 40_000, b'x');
    writer.block
}

/// The block with a second directory behind its own, which points to an embedded thumbnail of those bytes.
pub(crate) fn with_thumbnail(block: &Block, order: ByteOrder, thumbnail: &[u8]) -> Vec<u8> {
    let mut writer = Writer { order, end: ExifEnd::Proper, block: block.write(order, ExifEnd::Proper) };
    let place = u32::try_from(writer.block.len()).unwrap();
    let end_of_first = writer.block.len() - 4;
    writer.block.extend(thumbnail);
    let length = u32::try_from(thumbnail.len()).unwrap();
    let entries = [(0x0103, Value::Short(6)), (0x0201, Value::Long(place)), (0x0202, Value::Long(length))];
    let second = writer.directory(&entries);
    let second = writer.number(second);
    writer.block[end_of_first..end_of_first + 4].copy_from_slice(&second);
    writer.block
}
