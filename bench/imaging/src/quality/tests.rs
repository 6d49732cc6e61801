use std::io::Cursor;

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder, imageops};

use super::*;

/// A photo of which every part looks different.
fn photo() -> RgbImage {
    RgbImage::from_fn(320, 240, |x, y| {
        Rgb([
            u8::try_from((x * y / 100 + 3 * y) % 256).unwrap(),
            u8::try_from(x * 255 / 320).unwrap(),
            u8::try_from(y * 255 / 240).unwrap(),
        ])
    })
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut file, 95)).unwrap();
    file.into_inner()
}

/// What is wrong with `output` as the 150-pixel thumbnail of [`photo`].
fn faults_of(output: &RgbImage) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = jpeg(output);
    fs::write(folder.path().join("150.jpg"), &file).unwrap();
    let (width, height) = output.dimensions();
    let made = MadeFile { name: "150".to_owned(), width, height, bytes: file.len() as u64 };
    let mut reference = Reference::of(&jpeg(&photo())).unwrap();
    let judged = judge(Contender::Ours, &made, folder.path(), &mut reference).unwrap();
    faults(&judged, &made, expected("150", reference.dimensions()))
}

fn reduced(width: u32, height: u32) -> RgbImage {
    imageops::resize(&photo(), width, height, imageops::FilterType::Lanczos3)
}

#[test]
fn a_thumbnail_may_be_rounded_another_way() {
    for (width, height) in [(150, 113), (150, 112)] {
        assert_eq!(faults_of(&reduced(width, height)), Vec::<String>::new());
    }
}

#[test]
fn a_picture_of_something_else_is_wrong() {
    assert_eq!(faults_of(&reduced(140, 105)).len(), 1, "too small");
    assert_eq!(faults_of(&imageops::flip_horizontal(&reduced(150, 113))).len(), 1, "turned");
}

#[test]
fn sums_are_those_of_the_outputs_that_are_asked_for() {
    let form = JpegForm::read(&jpeg(&photo())).unwrap();
    let output = |contender, name: &str, bytes, ssim| {
        let name = name.to_owned();
        Judged { contender, name, bytes, ssim, colour: 1.0, form: form.clone() }
    };
    let outputs = vec![
        output(Contender::Ours, "600", 10, 0.5),
        output(Contender::Ours, WHOLE, 100, 0.9),
        output(Contender::Pillow, WHOLE, 7, 0.1),
    ];
    let quality = Quality { outputs, wrong: Vec::new() };
    let bytes = [Outputs::All, Outputs::Whole, Outputs::Thumbnails].map(|some| quality.bytes(Contender::Ours, some));
    assert_eq!(bytes, [110, 100, 10]);
    assert_eq!(quality.ssim(Contender::Ours, Outputs::Thumbnails), Some(0.5));
    assert_eq!(quality.worst_ssim(Contender::Ours), Some(0.5));
    assert_eq!(quality.ssim(Contender::Image, Outputs::All), None);
}
