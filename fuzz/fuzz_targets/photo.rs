//! Any bytes behind the magic of each format, through every stage.
#![no_main]

use libfuzzer_sys::fuzz_target;

/// The first byte chooses one; the last leaves the rest as it is, so that whole files can be tried.
const MAGICS: [&[u8]; 6] = [
    b"\xFF\xD8\xFF",
    b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR",
    b"GIF89a",
    b"RIFF\xFF\xFF\0\0WEBPVP8",
    b"BM\0\0\0\0\0\0\0\0",
    b"",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let magic = MAGICS.get(usize::from(*first)).copied().unwrap_or_default();
    photo_fuzz::process(&[magic, rest].concat());
});
