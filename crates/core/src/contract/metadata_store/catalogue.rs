//! The catalogue of pipelines.

use super::{
    ErrorKind, FailureClass, FinishOutcome, PhotoStatus, PipelineCounts, PipelineName, StoreSubject, accepted, begun,
    counts, fail, kind, read, sample,
};

pub(super) async fn a_removed_pipeline_takes_no_photos_and_keeps_its_old_ones(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let older = sample::new_photo(&photo.sender.user, &photo.pipeline);
    store.accept(&older).await.unwrap();
    let run = begun(&*store, &older).await;
    store.finish(&sample::finish(older.id, run.id)).await.unwrap();
    store.add_pipeline(&photo.pipeline).await.unwrap();
    store.remove_pipeline(&photo.pipeline).await.unwrap();
    store.remove_pipeline(&photo.pipeline).await.unwrap();
    assert_eq!(counts(&*store, &photo.pipeline).await, None);
    let new = sample::new_photo(&photo.sender.user, &photo.pipeline);
    assert_eq!(kind(store.accept(&new).await), ErrorKind::Invalid);

    let run = begun(&*store, &photo).await;
    assert_eq!(store.finish(&sample::finish(photo.id, run.id)).await.unwrap(), FinishOutcome::Applied);
    assert_eq!(read(&*store, &photo).await.status, PhotoStatus::Completed);
    store.add_pipeline(&photo.pipeline).await.unwrap();
    let total = counts(&*store, &photo.pipeline).await.unwrap().completed_total;
    assert_eq!(total, 2, "a total never falls");
}

pub(super) async fn a_pipeline_counts_its_photos(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    for _ in 0..3 {
        store.accept(&sample::new_photo(&photo.sender.user, &photo.pipeline)).await.unwrap();
    }
    let failing = sample::new_photo(&photo.sender.user, &photo.pipeline);
    store.accept(&failing).await.unwrap();
    let run = begun(&*store, &failing).await;
    fail(&*store, &failing, run.id, FailureClass::Data).await;
    begun(&*store, &photo).await;
    let expected = PipelineCounts {
        pipeline: photo.pipeline.clone(),
        queued: 3,
        processing: 1,
        completed_total: 0,
        failed_total: 1,
    };
    assert_eq!(counts(&*store, &photo.pipeline).await, Some(expected));
    let names: Vec<PipelineName> = store.pipelines().await.unwrap().into_iter().map(|counts| counts.pipeline).collect();
    assert!(names.is_sorted(), "{names:?}");
}
