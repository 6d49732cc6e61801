//! Slots of the real program: what they tell is what the stages tell in this process, and what that costs.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's own functions end it as its body does"
)]

use std::{
    env, fs, io,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use photo_core::pipeline::{
    ConfigMapKeyRef, MetadataSpec, OptimizationSpec, PipelineSpec, StageKind, StageSpec, ThumbnailsSpec,
    ValidationSpec, WatermarkContent, WatermarkPosition, WatermarkSpec,
};
use photo_stages::{Marks, StageFailure, StageUpdate};
use photo_worker::slot::{MarkFile, SlotCommand, SlotMemory, SlotStartError, Slots, StagesError};

async fn slots() -> Slots {
    start(bitmap()).await.unwrap()
}

/// Slots whose one image is that file.
async fn start(bytes: Vec<u8>) -> Result<Slots, SlotStartError> {
    let command = SlotCommand::new(env!("CARGO_BIN_EXE_photo-worker"), ["slot"]);
    let memory = SlotMemory::of(Some(SlotMemory::DEFAULT_MIB), 1).unwrap();
    Slots::start(command, memory, vec![MarkFile { image: logo(), bytes }]).await
}

fn logo() -> ConfigMapKeyRef {
    ConfigMapKeyRef::new("logo", "mark.bmp").unwrap()
}

/// A bitmap of one row: a red and a green pixel.
fn bitmap() -> Vec<u8> {
    let numbers = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>();
    let header = [b"BM".to_vec(), numbers(&[62, 0, 54])].concat();
    let format = numbers(&[40, 2, 1, 1 | 24 << 16, 0, 8, 0, 0, 0, 0]);
    [header, format, vec![0, 0, 255, 0, 255, 0, 0, 0]].concat()
}

/// A pipeline with every type of stage, and both kinds of mark.
fn pipeline() -> PipelineSpec {
    let stage = |name: &str, kind| StageSpec::new(name.parse().unwrap(), kind);
    let image = WatermarkSpec::showing(WatermarkContent::Image(logo()));
    let image = WatermarkSpec { position: WatermarkPosition::TopLeft, ..image };
    PipelineSpec::of(vec![
        stage("validation", StageKind::Validation(ValidationSpec::default())),
        stage("metadata", StageKind::Metadata(MetadataSpec::default())),
        stage("watermark", StageKind::Watermark(WatermarkSpec::of("© Ана"))),
        stage("logo", StageKind::Watermark(image)),
        stage("thumbnails", StageKind::Thumbnails(ThumbnailsSpec::default())),
        stage("optimization", StageKind::Optimization(OptimizationSpec::default())),
    ])
}

/// The files of a folder by name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

/// The sample photos, and files beside them that are none.
fn samples() -> Vec<(String, Vec<u8>)> {
    files(&Path::new(env!("REPOSITORY")).join("config/samples/photos"))
}

type Told = (Vec<StageUpdate>, Result<(), StageFailure>);

fn here(spec: &PipelineSpec, photo: &[u8]) -> Told {
    let (mut told, mut marks) = (Vec::new(), Marks::default());
    marks.read(logo(), &bitmap()).unwrap();
    let ended = photo_stages::run(spec, &marks, &[], photo, &mut |update| told.push(update));
    (told, ended)
}

async fn there(slots: &Slots, spec: &PipelineSpec, photo: &[u8]) -> Told {
    let mut told = Vec::new();
    let ended = slots.run(spec, photo, &mut |update| told.push(update)).await;
    let ended = ended.map_err(|error| match error {
        StagesError::Stage(failure) => failure,
        StagesError::NoSlot(error) => panic!("{error}"),
    });
    (told, ended)
}

#[tokio::test]
async fn a_slot_tells_what_the_stages_tell_to_the_byte() {
    let (slots, spec) = (slots().await, pipeline());
    for (name, photo) in samples() {
        let (here, there) = (here(&spec, &photo), there(&slots, &spec, &photo).await);
        assert!(here == there, "{name} is told otherwise");
    }
}

#[tokio::test]
async fn an_image_that_no_slot_can_read_is_told_before_the_first_photo() {
    let error = start(b"no image".to_vec()).await.unwrap_err().to_string();
    let expected = "it said \"a slot ends: the image `logo/mark.bmp` can't be a watermark: This is not a JPEG";
    assert!(error.contains(expected), "{error}");
}

/// Prints figures: `cargo test --release -p photo-worker --test slots -- --ignored --nocapture`. More photos come from
/// the folder `SLOT_PHOTOS`.
#[tokio::test]
#[ignore = "it measures and judges nothing"]
async fn what_a_slot_costs() {
    let mut starts: Vec<f64> = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        drop(slots().await);
        starts.push(milliseconds(began.elapsed()));
    }
    print(&format!("start-up of a slot: {:.1} ms (median of 20)", median(starts)));
    let (slots, spec) = (slots().await, pipeline());
    let more = env::var_os("SLOT_PHOTOS").map(|folder| files(Path::new(&folder))).unwrap_or_default();
    for (name, photo) in samples().into_iter().chain(more) {
        let (mut in_process, mut in_slot, mut added) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..9 {
            let began = Instant::now();
            drop(here(&spec, &photo));
            let middle = Instant::now();
            drop(there(&slots, &spec, &photo).await);
            let (a, b) = (milliseconds(middle - began), milliseconds(middle.elapsed()));
            in_process.push(a);
            in_slot.push(b);
            added.push(b - a);
        }
        let (a, b, added) = (median(in_process), median(in_slot), median(added));
        let bytes = photo.len();
        print(&format!("{name} ({bytes} bytes): here {a:.1} ms, in a slot {b:.1} ms, added {added:.1} ms"));
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn print(line: &str) {
    let mut stderr = io::stderr();
    writeln!(stderr, "{line}").unwrap();
}
