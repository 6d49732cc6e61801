//! Any bytes as the colour profile of a JPEG that is well.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|profile: &[u8]| {
    let content = [b"ICC_PROFILE\0\x01\x01", profile].concat();
    let well = photo_fuzz::process(&photo_fuzz::jpeg_with([(0xE2, content.as_slice())]));
    assert_eq!(well, photo_fuzz::STAGES, "a photo with a broken profile is a photo");
});
