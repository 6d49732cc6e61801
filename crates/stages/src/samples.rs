//! Generated uploads for the tests: every format, and every trap as bytes.

#[cfg(feature = "avif")]
pub(crate) mod avif;
pub(crate) mod exif;
pub(crate) mod icc;

use std::io::Cursor;

use image::{
    DynamicImage, ExtendedColorType, Frame, ImageEncoder, Rgb, RgbImage, RgbaImage,
    codecs::{bmp::BmpEncoder, gif::GifEncoder, png::PngEncoder, webp::WebPEncoder},
};
use photo_core::{
    image_format::ImageFormat,
    pipeline::{Background, Fit, PipelineSpec, StageKind, StageSpec, ThumbnailSize, ThumbnailsSpec, ValidationSpec},
};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::{output::Output, picture::Picture};
pub(crate) use exif::ExifEnd;

pub(crate) const RED: [u8; 3] = [220, 20, 20];
pub(crate) const GREEN: [u8; 3] = [20, 180, 20];
pub(crate) const BLUE: [u8; 3] = [20, 20, 220];
pub(crate) const YELLOW: [u8; 3] = [230, 220, 20];

/// Where the quarters of a stored picture are seen, for each orientation from 1 on: left and right above, left and right
/// below.
pub(crate) const SEEN: [[[u8; 3]; 4]; 8] = [
    [RED, GREEN, BLUE, YELLOW],
    [GREEN, RED, YELLOW, BLUE],
    [YELLOW, BLUE, GREEN, RED],
    [BLUE, YELLOW, RED, GREEN],
    [RED, BLUE, GREEN, YELLOW],
    [BLUE, RED, YELLOW, GREEN],
    [YELLOW, GREEN, BLUE, RED],
    [GREEN, YELLOW, RED, BLUE],
];

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

/// What an output shows; its file is what its format says.
pub(crate) fn seen(output: &Output) -> RgbImage {
    let format = match output.format {
        ImageFormat::Jpeg => image::ImageFormat::Jpeg,
        ImageFormat::Png => image::ImageFormat::Png,
        ImageFormat::Gif => image::ImageFormat::Gif,
        ImageFormat::Webp => image::ImageFormat::WebP,
        ImageFormat::Bmp => image::ImageFormat::Bmp,
        #[cfg(feature = "avif")]
        ImageFormat::Avif => return avif::pixels(&output.bytes),
        #[cfg(not(feature = "avif"))]
        ImageFormat::Avif => panic!("AVIF of a program without it"),
    };
    image::load_from_memory_with_format(&output.bytes, format).unwrap().into_rgb8()
}

/// How alike two pictures are (SSIM of each channel, mean over windows of 8 times 8 pixels): 1 where they are the same.
///
/// Z. Wang et al., Image quality assessment: from error visibility to structural similarity, 2004, with uniform windows.
pub(crate) fn likeness(one: &RgbImage, other: &RgbImage) -> f64 {
    const SIDE: u32 = 8;
    let (c1, c2) = ((0.01_f64 * 255.0).powi(2), (0.03_f64 * 255.0).powi(2));
    assert_eq!(one.dimensions(), other.dimensions());
    let (width, height) = one.dimensions();
    let corners = (0..height / SIDE).flat_map(|row| (0..width / SIDE).map(move |column| (column * SIDE, row * SIDE)));
    let windows = corners.flat_map(|corner| (0..3).map(move |channel| (corner, channel)));
    let of_window = |((left, top), channel): ((u32, u32), usize)| {
        let (mut a, mut b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (x, y) in (0..SIDE * SIDE).map(|place| (left + place % SIDE, top + place / SIDE)) {
            let (one, other) = (f64::from(one.get_pixel(x, y).0[channel]), f64::from(other.get_pixel(x, y).0[channel]));
            a += one;
            b += other;
            aa += one * one;
            bb += other * other;
            ab += one * other;
        }
        let count = f64::from(SIDE * SIDE);
        let (a, b) = (a / count, b / count);
        let (aa, bb, ab) = (aa / count - a * a, bb / count - b * b, ab / count - a * b);
        (2.0 * a * b + c1) * (2.0 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2))
    };
    let (sum, count) = windows.map(of_window).fold((0.0, 0.0), |(sum, count), window| (sum + window, count + 1.0));
    sum / count
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

/// A picture in shades of grey.
pub(crate) fn gray_jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut compressor = compressor();
    compressor.set_subsamp(Subsamp::Gray).unwrap();
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

/// An EXIF block that holds an orientation and nothing else.
pub(crate) fn exif(orientation: u16, end: ExifEnd) -> Vec<u8> {
    exif::orientation(orientation, end)
}

/// The JPEG with that EXIF block.
pub(crate) fn jpeg_with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    jpeg_with_segment(jpeg, 0xE1, &[b"Exif\0\0", exif].concat())
}

/// The JPEG with that colour profile in two pieces, the second first.
pub(crate) fn jpeg_with_profile(jpeg: &[u8], profile: &[u8]) -> Vec<u8> {
    let (first, second) = profile.split_at(profile.len() / 2);
    jpeg_with_profile_pieces(jpeg, &[(1, 2, first), (2, 2, second)])
}

/// The JPEG with pieces of a profile: the number of each, how many it says there are, and its bytes.
pub(crate) fn jpeg_with_profile_pieces(jpeg: &[u8], pieces: &[(u8, u8, &[u8])]) -> Vec<u8> {
    pieces.iter().fold(jpeg.to_vec(), |jpeg, (number, count, piece)| {
        jpeg_with_segment(&jpeg, 0xE2, &[b"ICC_PROFILE\0", &[*number, *count][..], piece].concat())
    })
}

fn jpeg_with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, content, &jpeg[2..]].concat()
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

/// The PNG of that picture with that colour profile.
pub(crate) fn png_with_profile(picture: &DynamicImage, profile: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(profile).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

/// What is seen of a picture on white.
pub(crate) fn on_white(picture: &Picture) -> RgbImage {
    picture.on(Background::default()).to_rgb()
}

/// A PNG of four quarters in one byte a pixel: places in a palette of `colours` with these alphas.
pub(crate) fn palette_png(side: u32, colours: [[u8; 3]; 4], alphas: &[u8]) -> Vec<u8> {
    let header = [&side.to_be_bytes()[..], &side.to_be_bytes(), &[8, 3, 0, 0, 0]].concat();
    let mut rows = Vec::new();
    for y in 0..side {
        rows.push(0);
        rows.extend((0..side).map(|x| u8::from(x >= side / 2) + 2 * u8::from(y >= side / 2)));
    }
    let length = u16::try_from(rows.len()).unwrap();
    let stored =
        [&[0x78, 0x01, 1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &rows, &adler32(&rows)].concat();
    let mut chunks = vec![png_chunk(*b"IHDR", &header), png_chunk(*b"PLTE", colours.as_flattened())];
    if !alphas.is_empty() {
        chunks.push(png_chunk(*b"tRNS", alphas));
    }
    chunks.extend([png_chunk(*b"IDAT", &stored), png_chunk(*b"IEND", &[])]);
    [&b"\x89PNG\r\n\x1A\n"[..], &chunks.concat()].concat()
}

fn adler32(bytes: &[u8]) -> [u8; 4] {
    let sums = bytes.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    (sums.1 << 16 | sums.0).to_be_bytes()
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
    webp_with_chunk(picture, 0x08, (*b"EXIF", exif))
}

/// The WebP with that colour profile.
pub(crate) fn webp_with_profile(picture: &RgbaImage, profile: &[u8]) -> Vec<u8> {
    webp_with_chunk(picture, 0x20, (*b"ICCP", profile))
}

fn webp_with_chunk(picture: &RgbaImage, flags: u8, (name, content): ([u8; 4], &[u8])) -> Vec<u8> {
    let size = |pixels: u32| (pixels - 1).to_le_bytes()[..3].to_vec();
    let alpha = if picture.pixels().all(|pixel| pixel.0[3] == u8::MAX) { 0 } else { 0x10 };
    let canvas = [vec![flags | alpha, 0, 0, 0], size(picture.width()), size(picture.height())].concat();
    let body = [riff_chunk(*b"VP8X", &canvas), webp(picture)[12..].to_vec(), riff_chunk(name, content)].concat();
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
    let thumbnails = StageKind::Thumbnails(ThumbnailsSpec { sizes, quality_percent: 90, ..ThumbnailsSpec::default() });
    let stages = [("check", check), ("thumbnails", thumbnails)];
    PipelineSpec::of(stages.map(|(name, kind)| StageSpec::new(name.parse().unwrap(), kind)).to_vec())
}

/// Those stages with the names of their kinds' places: `s0`, `s1` and so on.
pub(crate) fn stages(kinds: impl IntoIterator<Item = StageKind>) -> PipelineSpec {
    let named = |(place, kind)| StageSpec::new(format!("s{place}").parse().unwrap(), kind);
    PipelineSpec::of(kinds.into_iter().enumerate().map(named).collect())
}
