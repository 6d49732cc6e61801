//! AVIF files read back, by a decoder that shares nothing with the encoder (a port of dav1d) and a reader of boxes as small
//! as can be.

use image::{GrayImage, Luma, Rgb, RgbImage};
use re_rav1d::dav1d::{
    Decoder, Picture, PixelLayout, PlanarImageComponent, Settings,
    pixel::{ColorPrimaries, MatrixCoefficients, TransferCharacteristic, YUVRange},
};

/// The picture of a file, whose colours must be what our encoder says of all of them.
pub(crate) fn pixels(file: &[u8]) -> RgbImage {
    let picture = decoded(item(file, 1).expect("item 1"));
    assert_eq!(picture.pixel_layout(), PixelLayout::I420);
    assert_eq!(picture.color_range(), YUVRange::Full);
    assert_eq!(picture.color_primaries(), ColorPrimaries::BT709);
    assert_eq!(picture.transfer_characteristic(), TransferCharacteristic::SRGB);
    // What this decoder makes of that of BT.601, whose numbers are the same.
    assert_eq!(picture.matrix_coefficients(), MatrixCoefficients::BT470BG);
    assert_eq!((picture.width(), picture.height()), told_size(file));
    let sample = |component, x: u32, y: u32| {
        let at = y * picture.stride(component) + x;
        f32::from(picture.plane(component)[usize::try_from(at).unwrap()])
    };
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let luma = sample(PlanarImageComponent::Y, x, y);
        let blue = sample(PlanarImageComponent::U, x / 2, y / 2) - 128.0;
        let red = sample(PlanarImageComponent::V, x / 2, y / 2) - 128.0;
        Rgb([luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue].map(nearest))
    })
}

/// How much there is of each pixel, where the file says that.
pub(crate) fn alpha(file: &[u8]) -> Option<GrayImage> {
    let picture = decoded(item(file, 2)?);
    assert_eq!((picture.pixel_layout(), picture.color_range()), (PixelLayout::I400, YUVRange::Full));
    assert!(behind(file, *b"auxC").starts_with(b"\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"));
    let (plane, stride) = (picture.plane(PlanarImageComponent::Y), picture.stride(PlanarImageComponent::Y));
    let sample = |x, y| plane[usize::try_from(y * stride + x).unwrap()];
    Some(GrayImage::from_fn(picture.width(), picture.height(), |x, y| Luma([sample(x, y)])))
}

fn decoded(av1: Vec<u8>) -> Picture {
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    let mut decoder = Decoder::with_settings(&settings).unwrap();
    decoder.send_data(av1, None, None, None).unwrap();
    decoder.get_picture().unwrap()
}

/// The value as a sample: `as` does what it should with what lies outside.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn nearest(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// Width and height as the box `ispe` tells them to who does not decode the picture.
pub(crate) fn told_size(file: &[u8]) -> (u32, u32) {
    let content = behind(file, *b"ispe");
    (number(content, 4), number(content, 8))
}

/// The bytes of an item, where the box `iloc` (version 0, offsets and lengths of 4 bytes) says that they are.
fn item(file: &[u8], wanted: usize) -> Option<Vec<u8>> {
    let content = behind(file, *b"iloc");
    assert_eq!(content[..6], [0, 0, 0, 0, 0x44, 0]);
    let short = |at: usize| usize::from(u16::from_be_bytes([content[at], content[at + 1]]));
    let mut at = 8;
    for _ in 0..short(6) {
        let (id, extents) = (short(at), short(at + 4));
        if id == wanted {
            let place = |at| usize::try_from(number(content, at)).unwrap();
            return Some(file[place(at + 6)..][..place(at + 10)].to_vec());
        }
        at += 6 + 8 * extents;
    }
    None
}

/// What follows the first four letters like these.
fn behind(file: &[u8], kind: [u8; 4]) -> &[u8] {
    let at = file.windows(4).position(|it| it == kind).expect("the box is there");
    &file[at + 4..]
}

fn number(content: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(content[at..at + 4].try_into().unwrap())
}
