//! Any bytes as the EXIF block of a JPEG that is well.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|block: &[u8]| {
    let content = [b"Exif\0\0", block].concat();
    let well = photo_fuzz::process(&photo_fuzz::jpeg_with([(0xE1, content.as_slice())]));
    assert_eq!(well, photo_fuzz::STAGES, "a photo with a broken EXIF block is a photo");
});
