//! Photos that are made to harm who decodes them: small files, large claims.

/// A PNG of a few bytes whose header announces so many pixels of 8-bit RGBA.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let header = [header.as_slice(), &[8, 6, 0, 0, 0]].concat();
    // The beginning of a zlib stream; no decoder may come so far.
    let pixels = [0x78, 0x9c, 0xed, 0xc1, 0x01, 0x01, 0x00, 0x00];
    [
        b"\x89PNG\r\n\x1a\n".as_slice(),
        &png_chunk(*b"IHDR", &header),
        &png_chunk(*b"IDAT", &pixels),
        &png_chunk(*b"IEND", b""),
    ]
    .concat()
}

fn png_chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let checked = [kind.as_slice(), content].concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [length.as_slice(), &checked, &crc32(&checked).to_be_bytes()].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// A square progressive JPEG, coded arithmetically, in so many scans that contradict one another. Each says nothing in about
/// ten bytes, and costs its decoder a number of steps for every block: 6 bytes for each pixel.
pub(crate) fn progressive_jpeg(side: u16, scans: u8) -> Vec<u8> {
    let mut file = jpeg_before_frame();
    file.extend(jpeg_segment(0xca, &frame(side)));
    for scan in 0..scans {
        if scan < COMPONENTS {
            // All bits but the lowest of a component's coefficients.
            file.extend(ac_scan(scan, 0x01, &[]));
        } else {
            // The lowest bit of every block's mean, of which there is none: decoders go on with zeros.
            file.extend(jpeg_segment(0xda, &[COMPONENTS, 1, 0, 2, 0, 3, 0, 0, 0, 0x10]));
        }
    }
    [file.as_slice(), &[0xff, 0xd9]].concat()
}

/// A square progressive JPEG, grey and whole, that takes as long as a file of that kind can: every bit of every
/// coefficient has a scan of its own.
pub(crate) fn laborious_jpeg(side: u16) -> Vec<u8> {
    let nothing = nothing_in(blocks(side));
    let mut file = jpeg_head(side);
    file.extend(jpeg_segment(0xda, &[COMPONENTS, 1, 0, 2, 0, 3, 0, 0, 0, 0]));
    // A difference of nothing is a zero bit for each block.
    file.resize(file.len() + usize::try_from(blocks(side) * u32::from(COMPONENTS)).unwrap().div_ceil(8), 0);
    for component in 0..COMPONENTS {
        file.extend(ac_scan(component, 13, &nothing));
        for bit in (0..13).rev() {
            file.extend(ac_scan(component, (bit + 1) << 4 | bit, &nothing));
        }
    }
    [file.as_slice(), &[0xff, 0xd9]].concat()
}

const COMPONENTS: u8 = 3;

fn blocks(side: u16) -> u32 {
    u32::from(side).div_ceil(8).pow(2)
}

/// Everything before the first scan.
fn jpeg_head(side: u16) -> Vec<u8> {
    // One code of one bit each: for "no difference", and for "nothing in the next 16384 to 32767 blocks".
    let codes = |table: u8, meaning: u8| [&[table, 1][..], &[0; 15], &[meaning]].concat();
    [
        jpeg_before_frame(),
        jpeg_segment(0xc2, &frame(side)),
        jpeg_segment(0xc4, &codes(0x00, 0)),
        jpeg_segment(0xc4, &codes(0x10, 0xe0)),
    ]
    .concat()
}

fn jpeg_before_frame() -> Vec<u8> {
    let quantization = [&[0][..], &[1; 64]].concat();
    [&[0xff, 0xd8][..], &jpeg_segment(0xdb, &quantization)].concat()
}

/// What a frame's header says: a square of three components of one size.
fn frame(side: u16) -> [u8; 15] {
    let [high, low] = side.to_be_bytes();
    [8, high, low, high, low, COMPONENTS, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]
}

/// A scan of one component's coefficients but the first; `bits` are the lowest told before and the lowest told now.
fn ac_scan(component: u8, bits: u8, content: &[u8]) -> Vec<u8> {
    [jpeg_segment(0xda, &[1, component + 1, 0, 1, 63, bits]).as_slice(), content].concat()
}

fn jpeg_segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], length.as_slice(), content].concat()
}

/// The code of a run of 32767 empty blocks, a zero and 14 ones, until there are no blocks left.
fn nothing_in(blocks: u32) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    for _ in 0..blocks.div_ceil(32_767) {
        bits.push(false);
        bits.extend([true; 14]);
    }
    let mut bytes = Vec::new();
    for eight in bits.chunks(8) {
        let byte = (0..8).fold(0, |byte, place| byte << 1 | u8::from(*eight.get(place).unwrap_or(&true)));
        bytes.push(byte);
        if byte == 0xff {
            bytes.push(0);
        }
    }
    bytes
}
