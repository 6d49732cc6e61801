//! Generated colour profiles: a header and a name in either of its forms, or what four inks look like.

/// A profile of version 2 with that name.
pub(crate) fn profile(name: &str) -> Vec<u8> {
    let length = u32::try_from(name.len() + 1).unwrap();
    with_description(&[b"desc\0\0\0\0", &length.to_be_bytes()[..], name.as_bytes(), &[0]].concat())
}

/// A profile of version 4 with a name in each language.
pub(crate) fn localized_profile(names: &[(&str, &str)]) -> Vec<u8> {
    let count = u32::try_from(names.len()).unwrap();
    let mut records = Vec::new();
    let mut texts: Vec<u8> = Vec::new();
    for (language, name) in names {
        let text: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let length = u32::try_from(text.len()).unwrap();
        let start = 16 + 12 * count + u32::try_from(texts.len()).unwrap();
        records.extend([language.as_bytes(), b"XX", &length.to_be_bytes()[..], &start.to_be_bytes()].concat());
        texts.extend(text);
    }
    with_description(&[b"mluc\0\0\0\0", &count.to_be_bytes()[..], &[0, 0, 0, 12], &records, &texts].concat())
}

fn with_description(tag: &[u8]) -> Vec<u8> {
    let header = [&[0; 16][..], b"RGB XYZ ", &[0; 104]].concat();
    let length = u32::try_from(tag.len()).unwrap();
    [&header[..], &[0, 0, 0, 1], b"desc", &144_u32.to_be_bytes(), &length.to_be_bytes(), tag].concat()
}

/// The profile of a press whose cyan is gray, and whose other inks are black.
pub(crate) fn inks() -> Vec<u8> {
    let table: Vec<u8> = (0..=255).collect();
    let identity = [1, 0, 0, 0, 1, 0, 0, 0, 1].map(|one: i32| one << 16).map(i32::to_be_bytes).concat();
    // Two steps of each ink, the last the fastest; of each mixture L*, a* and b*.
    let look = |inks: u8| match inks {
        0b0000 => [255, 128, 128],
        0b1000 => [128, 128, 128],
        _ => [0, 128, 128],
    };
    let looks = (0..16).map(look).collect::<Vec<[u8; 3]>>().concat();
    let lut = [&b"mft1\0\0\0\0\x04\x03\x02\0"[..], &identity, &table.repeat(4), &looks, &table.repeat(3)].concat();
    let lut_length = u32::try_from(lut.len()).unwrap();
    let mut header = [0; 128];
    let length = 128 + 4 + 12 + lut_length;
    let fields: [(usize, &[u8]); 7] = [
        (0, &length.to_be_bytes()),
        (8, &[2, 0x40, 0, 0]),
        (12, b"prtrCMYKLab "),
        (36, b"acsp"),
        // D50.
        (68, &[0, 0, 0xF6, 0xD6]),
        (72, &[0, 1, 0, 0]),
        (76, &[0, 0, 0xD3, 0x2D]),
    ];
    for (place, field) in fields {
        header[place..place + field.len()].copy_from_slice(field);
    }
    [&header[..], &[0, 0, 0, 1], b"A2B0", &144_u32.to_be_bytes(), &lut_length.to_be_bytes(), &lut].concat()
}
