//! AVIF by rav1e: the planes that a JPEG would have as one picture of AV1, 8 bits for each sample, and the boxes around it.
//!
//! No conversion comes before it, and colours of half the resolution take two thirds of the memory of whole ones, and less time.
//! Alpha is a gray picture of its own beside it.

use avif_serialize::Aviffy;
use photo_core::pipeline::Effort;
use photo_jpeg::Picture;
use rav1e::{
    color::{ColorDescription, ColorPrimaries, MatrixCoefficients, PixelRange, TransferCharacteristics},
    config::SpeedSettings,
    prelude::{ChromaSampling, Config, Context, EncoderConfig, EncoderStatus, Frame, SceneDetectionSpeed},
};

use crate::failure::Fault;

/// Whether this program makes AVIF.
pub(crate) const IS_MADE: bool = true;

/// Longest side of a picture: AV1's header has 16 bits for it, of which rav1e takes one less.
const SIDE_PIXELS_MAX: u32 = 65_535;

/// What readers take colours for that nothing is said about.
const SRGB_BY_BT601: ColorDescription = ColorDescription {
    color_primaries: ColorPrimaries::BT709,
    transfer_characteristics: TransferCharacteristics::SRGB,
    matrix_coefficients: MatrixCoefficients::BT601,
};

/// Brightness and colours where a picture is as gray as can be.
const NEUTRAL: u8 = 128;

/// AV1's quantizer (1, fine, to 255) for qualities in percent: where a thumbnail of 1000 pixels is as like its photo (SSIM
/// of brightness) as its JPEG of that quality is. The mean of six photos of `bench/imaging`, which lie up to 25 beside it.
/// The finest has time in view: it takes three times that of 80, and a finer one more without being seen.
const QUANTIZERS: [(u8, u8); 8] = [(1, 255), (40, 151), (60, 134), (70, 121), (80, 104), (90, 67), (95, 36), (100, 10)];

/// The picture as an AVIF of that quality (1 to 100), with that EXIF block. Its `alpha` is a gray picture of its size; colours
/// are not multiplied by it.
///
/// While it is made, rav1e has 14 to 25 bytes for each pixel of a photo besides the picture and its file, and more of noise.
pub(super) fn avif(
    colours: &Picture<'_>,
    alpha: Option<&Picture<'_>>,
    quality_percent: u8,
    effort: Effort,
    exif: Option<Vec<u8>>,
) -> Result<Vec<u8>, Fault> {
    let (width, height) = (colours.width, colours.height);
    if width.max(height) > SIDE_PIXELS_MAX {
        return Err(Fault::SideTooLong { max: SIDE_PIXELS_MAX });
    }
    let colours = av1(colours, Sense::Colours, quantizer(quality_percent), effort)?;
    // Half way to the best, as in ravif: an edge that is wrong is seen on any ground.
    let of_alpha = |alpha| av1(alpha, Sense::Alpha, quantizer(quality_percent.midpoint(100)), effort);
    let alpha = alpha.map(of_alpha).transpose()?;
    // No box tells about colours what readers take for granted.
    let mut boxes = Aviffy::new();
    boxes.set_width(width).set_height(height).set_bit_depth(8).set_seq_profile(0).set_chroma_subsampling((true, true));
    if let Some(exif) = exif {
        boxes.set_exif(exif);
    }
    let mut file = Vec::new();
    boxes.write_slice(&mut file, &colours, alpha.as_deref()).map_err(not_made)?;
    Ok(file)
}

/// What the samples of a picture of AV1 stand for.
#[derive(Debug, Clone, Copy)]
enum Sense {
    Colours,
    /// How much there is of each pixel.
    Alpha,
}

/// The picture as a key frame of AV1, behind the header of its sequence.
fn av1(picture: &Picture<'_>, sense: Sense, quantizer: u8, effort: Effort) -> Result<Vec<u8>, Fault> {
    let (chroma_sampling, color_description) = match sense {
        Sense::Colours => (ChromaSampling::Cs420, Some(SRGB_BY_BT601)),
        Sense::Alpha => (ChromaSampling::Cs400, None),
    };
    let encoder = EncoderConfig {
        width: length(picture.width),
        height: length(picture.height),
        still_picture: true,
        bit_depth: 8,
        chroma_sampling,
        pixel_range: PixelRange::Full,
        color_description,
        quantizer: quantizer.into(),
        min_quantizer: quantizer,
        speed_settings: speed(effort),
        ..EncoderConfig::default()
    };
    let mut context: Context<u8> = Config::new().with_encoder_config(encoder).new_context().map_err(not_made)?;
    let mut frame = context.new_frame();
    fill(&mut frame, picture);
    context.send_frame(frame).map_err(not_made)?;
    context.flush();
    let mut coded = Vec::new();
    loop {
        match context.receive_packet() {
            Ok(mut packet) => coded.append(&mut packet.data),
            Err(EncoderStatus::Encoded) => {}
            Err(EncoderStatus::LimitReached) => return Ok(coded),
            Err(
                error @ (EncoderStatus::EnoughData
                | EncoderStatus::NeedMoreData
                | EncoderStatus::Failure
                | EncoderStatus::NotReady),
            ) => return Err(not_made(error)),
        }
    }
}

/// Copies the picture's planes, and neutral colours where it has none: not every reader takes a file of brightness alone.
fn fill(frame: &mut Frame<u8>, picture: &Picture<'_>) {
    let [luma, blue, red] = &mut frame.planes;
    luma.copy_from_raw_u8(picture.luma.samples, picture.luma.stride, 1);
    match &picture.chroma {
        Some(colours) => {
            for (plane, colour) in [blue, red].into_iter().zip(colours) {
                plane.copy_from_raw_u8(colour.samples, colour.stride, 1);
            }
        }
        None => {
            for plane in [blue, red] {
                plane.data.fill(NEUTRAL);
            }
        }
    }
}

/// How rav1e spends its time, by what was measured at equal looks on four photos of `bench/imaging`: speed 10 makes 13 %
/// more bytes than 8 in half of its time, and 6 makes 3 % fewer in more than twice of it.
fn speed(effort: Effort) -> SpeedSettings {
    let preset = match effort {
        Effort::Fast => 10,
        Effort::Balanced => 8,
        Effort::Best => 6,
    };
    let mut settings = SpeedSettings::from_preset(preset);
    // There is nothing before this picture and nothing after it.
    settings.rdo_lookahead_frames = 1;
    settings.scene_detection_mode = SceneDetectionSpeed::None;
    settings
}

/// Between two of [`QUANTIZERS`] as far from each as the quality is.
fn quantizer(quality_percent: u8) -> u8 {
    let quality = quality_percent.clamp(1, 100);
    let below = QUANTIZERS.iter().rfind(|(known, _)| *known <= quality);
    let above = QUANTIZERS.iter().find(|(known, _)| *known >= quality);
    let (Some((low, coarse)), Some((high, fine))) = (below, above) else { return u8::MAX };
    let steps = u16::from(coarse - fine) * u16::from(high - quality) / u16::from(high - low).max(1);
    fine.saturating_add(u8::try_from(steps).unwrap_or(u8::MAX))
}

fn length(pixels: u32) -> usize {
    usize::try_from(pixels).unwrap_or(usize::MAX)
}

fn not_made(why: impl std::fmt::Display) -> Fault {
    Fault::NotMade { detail: format!("AVIF: {why}") }
}

#[cfg(test)]
mod tests;
