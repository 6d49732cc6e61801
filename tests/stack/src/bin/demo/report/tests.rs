use photo_stack::photos::Sample;

use super::*;

const BEGAN: &str = "2026-01-01T00:00:00Z";

fn id(number: u8) -> PhotoId {
    format!("01938e5c-7a6b-7c3d-9e1f-0123456789{number:02x}").parse().unwrap()
}

fn sent(number: u8, name: &str) -> Sent {
    let sample = Sample { name: name.to_owned(), path: name.into() };
    Sent { sample, began: BEGAN.parse().unwrap(), accepted: Ok(id(number)) }
}

/// A photo that ended `milliseconds` after its upload began.
fn photo(number: u8, status: &str, milliseconds: i64) -> PhotoView {
    let began: Timestamp = BEGAN.parse().unwrap();
    let ended = Timestamp::from_millisecond(began.as_millisecond() + milliseconds).unwrap();
    let failure = if status == "failed" {
        serde_json::json!({ "code": "damaged", "message": "The file ends early." })
    } else {
        serde_json::Value::Null
    };
    serde_json::from_value(serde_json::json!({
        "id": id(number), "fileName": "a.jpg", "sizeBytes": 1000, "pipeline": "full-processing",
        "generation": 1, "status": status, "seq": 3, "failure": failure,
        "variants": [{ "name": "150", "width": 150, "height": 100, "sizeBytes": 9, "url": "/v" }],
        "createdAt": BEGAN, "updatedAt": ended,
    }))
    .unwrap()
}

fn value(report: &Report, name: &str) -> f64 {
    let figures = report.figures();
    figures.into_iter().find(|figure| figure.name == name).unwrap().value
}

#[test]
fn good_photos_complete_and_broken_ones_fail() {
    let report =
        Report::new(&[sent(1, "a.jpg"), sent(2, "broken.jpg")], &[photo(2, "failed", 300), photo(1, "completed", 200)]);
    assert!(report.is_as_expected());
    assert!((value(&report, "photos_completed") - 1.0).abs() < 1e-9);
    assert!((value(&report, "upload_to_completed_p99_ms") - 200.0).abs() < 1e-9, "failed photos are not counted");
    assert!((value(&report, "photos_per_s") - 2.0 / 0.3).abs() < 1e-9);
}

#[test]
fn memory_and_start_are_figures_of_the_form_that_runs() {
    const MIB: u64 = 1024 * 1024;
    let memory = |part| Memory { part, peak_bytes: 20 * MIB, slots_peak_bytes: 30 * MIB };
    let names =
        |figures: Vec<Figure>| figures.into_iter().map(|figure| (figure.name, figure.value)).collect::<Vec<_>>();
    let started = |part| Started { seconds: 0.25, idle: vec![memory(part)] };
    let embedded = [("demo_cold_s", 12.0), ("start_ms", 250.0), ("local_idle_rss_mib", 20.0)];
    assert_eq!(names(started(Part::Local).figures(Some(12.0))), embedded);
    assert_eq!(names(started(Part::Api).figures(None)), [("start_ms", 250.0)]);
    let peaks = |part| names(memory_figures(memory(part)));
    assert_eq!(peaks(Part::Local), [("local_peak_rss_mib", 20.0), ("slots_peak_rss_mib", 30.0)]);
    assert_eq!(peaks(Part::Worker), [("worker_peak_rss_mib", 20.0), ("slots_peak_rss_mib", 30.0)]);
    assert_eq!(peaks(Part::Api), [("api_peak_rss_mib", 20.0)]);
}

#[test]
fn any_other_outcome_is_not_as_expected() {
    let refused = Sent { accepted: Err("415".to_owned()), ..sent(1, "a.jpg") };
    let cases: [(Sent, Vec<PhotoView>); 5] = [
        (sent(1, "a.jpg"), vec![photo(1, "failed", 10)]),
        (sent(1, "broken.jpg"), vec![photo(1, "completed", 10)]),
        (sent(1, "a.jpg"), vec![photo(1, "processing", 10)]),
        (sent(1, "a.jpg"), vec![]),
        (refused, vec![]),
    ];
    for (sent, photos) in cases {
        let report = Report::new(&[sent], &photos);
        assert!(!report.is_as_expected(), "{report:?}");
        assert!(report.to_string().contains(", not "), "{report}");
    }
}

#[test]
fn the_table_shows_each_photo_with_its_outputs_or_its_reason() {
    let report =
        Report::new(&[sent(1, "a.jpg"), sent(2, "broken.jpg")], &[photo(1, "completed", 250), photo(2, "failed", 90)]);
    let table = report.to_string();
    let line = |name: &str| table.lines().find(|line| line.contains(name)).unwrap().to_owned();
    let words = |line: String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        words(line("a.jpg").replace(['│', '┆'], " ")),
        ["a.jpg", "completed", "250", "1000", "150", "(150x100)"]
    );
    assert!(line("broken.jpg").contains("The file ends early."));
}
