//! Generated uploads for the tests: every format, and every trap as bytes.

use std::io::Cursor;

use image::{
    DynamicImage, ExtendedColorType, Frame, ImageEncoder, Rgb, RgbImage, RgbaImage,
    codecs::{bmp::BmpEncoder, gif::GifEncoder, png::PngEncoder, webp::WebPEncoder},
};
use photo_core::pipeline::{Fit, PipelineSpec, StageKind, StageSpec, ThumbnailSize, ThumbnailsSpec, ValidationSpec};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

pub(crate) const RED: [u8; 3] = [220, 20, 20];
pub(crate) const GREEN: [u8; 3] = [20, 180, 20];
pub(crate) const BLUE: [u8; 3] = [20, 20, 220];
pub(crate) const YELLOW: [u8; 3] = [230, 220, 20];

/// Four quarters: red and green above, blue and yellow below.
pub(crate) fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => YELLOW,
        })
    })
}

/// Colours of the middles of the four quarters: left and right above, left and right below.
pub(crate) fn quarter_colours(picture: &RgbImage) -> [[u8; 3]; 4] {
    let (width, height) = picture.dimensions();
    let at = |x: u32, y: u32| picture.get_pixel(x * width / 4, y * height / 4).0;
    [at(1, 1), at(3, 1), at(1, 3), at(3, 3)]
}

/// Whether two colours are the same but for what JPEG changes.
pub(crate) fn alike(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 12)
}

/// A picture with so much detail that every part of its file matters.
pub(crate) fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 0x2545_F491_u32;
    RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [_, a, b, c] = state.to_le_bytes();
        Rgb([a, b, c])
    })
}

pub(crate) fn jpeg(picture: &RgbImage) -> Vec<u8> {
    compressor().compress_to_vec(turbo(picture)).unwrap()
}

pub(crate) fn progressive_jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut compressor = compressor();
    compressor.set_progressive(true).unwrap();
    compressor.compress_to_vec(turbo(picture)).unwrap()
}

/// A picture of one colour in four inks, as Photoshop writes them: 255 is no ink.
pub(crate) fn cmyk_jpeg(width: usize, height: usize, inks: [u8; 4]) -> Vec<u8> {
    let pixels = inks.repeat(width * height);
    let image = Image { pixels: pixels.as_slice(), width, pitch: width * 4, height, format: PixelFormat::CMYK };
    compressor().compress_to_vec(image).unwrap()
}

fn compressor() -> Compressor {
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(92).unwrap();
    compressor.set_subsamp(Subsamp::None).unwrap();
    compressor
}

fn turbo(picture: &RgbImage) -> Image<&[u8]> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Image { pixels: picture.as_raw().as_slice(), width, pitch: width * 3, height, format: PixelFormat::RGB }
}

/// The last scan of a progressive JPEG, again and again.
pub(crate) fn with_scans(jpeg: &[u8], scans: usize) -> Vec<u8> {
    let start = jpeg.windows(2).rposition(|marker| marker == [0xFF, 0xDA]).unwrap();
    let (head, scan) = jpeg[..jpeg.len() - 2].split_at(start);
    [head, &scan.repeat(scans), &[0xFF, 0xD9]].concat()
}

/// What an EXIF block says after its only entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExifEnd {
    /// That it was the last directory.
    Proper,
    /// Nothing at all, or a next directory beyond the end: what several writers do.
    Missing,
    Wild,
}

/// An EXIF block (TIFF, big endian) that holds an orientation and nothing else.
pub(crate) fn exif(orientation: u16, end: ExifEnd) -> Vec<u8> {
    let mut block = b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    block.extend(orientation.to_be_bytes());
    block.extend([0, 0]);
    block.extend_from_slice(match end {
        ExifEnd::Proper => &[0, 0, 0, 0],
        ExifEnd::Missing => &[],
        ExifEnd::Wild => &[0, 0, 0x7F, 0xFF],
    });
    block
}

/// The JPEG with that EXIF block.
pub(crate) fn jpeg_with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    let length = u16::try_from(exif.len() + 8).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, b"Exif\0\0", exif, &jpeg[2..]].concat()
}

/// The JPEG with other dimensions in its frame header.
pub(crate) fn jpeg_claiming(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let frame = jpeg.windows(2).position(|marker| matches!(marker, [0xFF, 0xC0 | 0xC2])).unwrap();
    let mut claiming = jpeg.to_vec();
    claiming[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    claiming[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    claiming
}

pub(crate) fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(PngEncoder::new(&mut bytes)).unwrap();
    bytes
}

/// A PNG whose header claims that size, with next to no pixels behind it.
pub(crate) fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    let empty_zlib_stream = [0x78, 0x9C, 0x03, 0, 0, 0, 0, 1];
    let chunks = [png_chunk(*b"IHDR", &header), png_chunk(*b"IDAT", &empty_zlib_stream), png_chunk(*b"IEND", &[])];
    [&b"\x89PNG\r\n\x1A\n"[..], &chunks.concat()].concat()
}

/// The PNG with that EXIF block.
pub(crate) fn png_with_exif(png: &[u8], exif: &[u8]) -> Vec<u8> {
    let (head, rest) = png.split_at(8 + 25);
    [head, &png_chunk(*b"eXIf", exif), rest].concat()
}

fn png_chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [&name[..], content].concat();
    let length = u32::try_from(content.len()).unwrap();
    [&length.to_be_bytes()[..], &named, &crc32(&named).to_be_bytes()].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

pub(crate) fn bmp(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = BmpEncoder::new(&mut bytes);
    encoder.write_image(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// An animation of those pictures.
pub(crate) fn gif(frames: &[RgbImage]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    let rgba = |frame: &RgbImage| DynamicImage::ImageRgb8(frame.clone()).into_rgba8();
    encoder.encode_frames(frames.iter().map(|frame| Frame::new(rgba(frame)))).unwrap();
    drop(encoder);
    bytes
}

pub(crate) fn webp(picture: &RgbaImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let encoder = WebPEncoder::new_lossless(&mut bytes);
    encoder.encode(picture, picture.width(), picture.height(), ExtendedColorType::Rgba8).unwrap();
    bytes.into_inner()
}

/// An animation of those pictures, which share one size.
pub(crate) fn animated_webp(frames: &[RgbaImage]) -> Vec<u8> {
    let size = |pixels: u32| (pixels - 1).to_le_bytes()[..3].to_vec();
    let (width, height) = frames[0].dimensions();
    let canvas = [vec![0x02, 0, 0, 0], size(width), size(height)].concat();
    let mut body = [riff_chunk(*b"VP8X", &canvas), riff_chunk(*b"ANIM", &[0; 6])].concat();
    for frame in frames {
        let placed = [vec![0; 6], size(width), size(height), vec![100, 0, 0, 0]].concat();
        body.extend(riff_chunk(*b"ANMF", &[placed, webp(frame)[12..].to_vec()].concat()));
    }
    riff_chunk(*b"RIFF", &[&b"WEBP"[..], &body].concat())
}

/// The WebP with that EXIF chunk.
pub(crate) fn webp_with_exif(picture: &RgbaImage, exif: &[u8]) -> Vec<u8> {
    let size = |pixels: u32| (pixels - 1).to_le_bytes()[..3].to_vec();
    let canvas = [vec![0x08, 0, 0, 0], size(picture.width()), size(picture.height())].concat();
    let body = [riff_chunk(*b"VP8X", &canvas), webp(picture)[12..].to_vec(), riff_chunk(*b"EXIF", exif)].concat();
    riff_chunk(*b"RIFF", &[&b"WEBP"[..], &body].concat())
}

fn riff_chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    let padding = vec![0; content.len() % 2];
    [&name[..], &length.to_le_bytes(), content, &padding].concat()
}

/// A box, named by its width and fit.
pub(crate) fn size(width: u16, height: u16, fit: Fit) -> ThumbnailSize {
    let name = format!("{width}x{height}-{fit:?}").to_lowercase().parse().unwrap();
    ThumbnailSize { name, width, height, fit }
}

/// Stages `check` (with the default limits) and `thumbnails`.
pub(crate) fn pipeline(sizes: Vec<ThumbnailSize>) -> PipelineSpec {
    let check = StageKind::Validation(ValidationSpec::default());
    let thumbnails = StageKind::Thumbnails(ThumbnailsSpec { sizes, quality_percent: 90 });
    let stages = [("check", check), ("thumbnails", thumbnails)];
    PipelineSpec::of(stages.map(|(name, kind)| StageSpec::new(name.parse().unwrap(), kind)).to_vec())
}
