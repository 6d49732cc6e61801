//! Generated colour profiles: a header, and a name in either of its forms.

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
