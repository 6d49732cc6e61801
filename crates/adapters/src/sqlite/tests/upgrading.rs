//! A database of an older release, opened by this one.

use photo_core::{
    id::RunId,
    processing_log::{LoggedRun, RunOutcome},
    run::FinishOutcome,
};
use rusqlite::Connection;
use rusqlite_migration::Migrations;

use super::*;

const PHOTO: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const RUN: &str = "01890a5d-ac96-774b-bcce-b302099a8058";
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A photo in a run, its job still to be told, as the first schema held them.
fn of_the_first_schema(folder: &TempDir) {
    let mut connection = Connection::open(config(folder).path).unwrap();
    Migrations::from_slice(&schema::MIGRATIONS[..1]).to_latest(&mut connection).unwrap();
    let job = format!(
        r#"{{"schemaVersion":1,"photoId":"{PHOTO}","pipeline":"quick","generation":1,"traceparent":"{TRACE}"}}"#
    );
    let rows = format!(
        "INSERT INTO pipelines (name, in_catalogue) VALUES ('quick', 1);
         INSERT INTO photos (id, owner, traceparent, file_name, bucket, object_key, format, size_bytes, sha256, \
         pipeline, generation, status, seq, created_at, updated_at) VALUES ('{PHOTO}', 'alice', '{TRACE}', 'a.jpg', \
         'Originals', 'originals/{PHOTO}/{PHOTO}', 'image/jpeg', 1, '{}', 'quick', 1, 'processing', 2, 1000, 2000);
         INSERT INTO works (photo_id, generation, pipeline, status, deliveries, deliveries_unsettled, live_run, begun_at) \
         VALUES ('{PHOTO}', 1, 'quick', 'processing', 3, 1, '{RUN}', 2000);
         INSERT INTO stage_log (photo_id, run_id, place, stage, status, milliseconds) \
         VALUES ('{PHOTO}', '{PHOTO}', 0, 'validation', 'failed', 1);
         INSERT INTO outbox (photo_id, kind, payload, attempts, created_at, next_at) \
         VALUES ('{PHOTO}', 'enqueue', '{job}', 2, 1000, 1000);",
        "5e".repeat(32)
    );
    connection.execute_batch(&rows).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_went_on_during_the_upgrade_is_in_the_log_and_can_finish() {
    let folder = tempfile::tempdir().unwrap();
    of_the_first_schema(&folder);
    let store = SqliteMetadata::open(&config(&folder), Clock::System).unwrap();
    let due = store.outbox_due(10, Clock::System.now()).await.unwrap();
    assert_eq!((due.len(), due[0].attempts), (1, 2));
    let OutboxItem::Enqueue(job) = &due[0].item else { panic!("{:?}", due[0].item) };
    assert_eq!((job.photo_id.to_string().as_str(), job.priority.get()), (PHOTO, 5));

    let (photo, run): (PhotoId, RunId) = (PHOTO.parse().unwrap(), RUN.parse().unwrap());
    let owner = "alice".parse().unwrap();
    let [LoggedRun { run_id, delivery, outcome, .. }] = &store.processing_log(&owner, photo).await.unwrap().runs[..]
    else {
        panic!("one run")
    };
    assert_eq!((*run_id, *delivery, *outcome), (run, 3, None));
    let report = sample::finish(photo, run);
    assert_eq!(store.finish(&report).await.unwrap(), FinishOutcome::Applied);
    let ended = store.processing_log(&owner, photo).await.unwrap().runs;
    assert_eq!((ended[0].outcome, &ended[0].stages), (Some(RunOutcome::Completed), &report.stage_log));
}
