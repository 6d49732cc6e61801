//! The catalogue of pipelines.

use super::{
    BackoffSpec, BackoffType, CatalogueEntry, ErrorClass, ErrorKind, FailDecision, FinishOutcome, JobOptions, NewPhoto,
    PhotoStatus, PipelineCounts, PipelineName, PipelineStanding, PipelineState, Priority, QueueSpec, StoreSubject,
    accepted, begun, counts, fail, kind, read, sample,
};

pub(super) async fn a_removed_pipeline_takes_no_photos_and_keeps_its_old_ones(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let older = sample::new_photo(&photo.sender.user, &photo.pipeline);
    store.accept(&older).await.unwrap();
    let run = begun(&*store, &older).await;
    store.finish(&sample::finish(older.id, run.id)).await.unwrap();
    store.put_pipeline(&photo.pipeline, &CatalogueEntry::default()).await.unwrap();
    store.remove_pipeline(&photo.pipeline).await.unwrap();
    store.remove_pipeline(&photo.pipeline).await.unwrap();
    let removed = counts(&*store, &photo.pipeline).await.unwrap();
    assert_eq!((removed.state, removed.queued), (PipelineStanding::Removed, 1), "its open photo stays visible");
    let new = sample::new_photo(&photo.sender.user, &photo.pipeline);
    assert_eq!(kind(store.accept(&new).await), ErrorKind::Invalid);

    let run = begun(&*store, &photo).await;
    assert_eq!(store.finish(&sample::finish(photo.id, run.id)).await.unwrap(), FinishOutcome::Applied);
    assert_eq!(read(&*store, &photo).await.status, PhotoStatus::Completed);
    assert_eq!(counts(&*store, &photo.pipeline).await, None, "nothing of it is open any more");
    store.put_pipeline(&photo.pipeline, &CatalogueEntry::default()).await.unwrap();
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
    fail(&*store, &failing, run.id, ErrorClass::Data).await;
    begun(&*store, &photo).await;
    let expected = PipelineCounts {
        pipeline: photo.pipeline.clone(),
        state: PipelineStanding::Running,
        queued: 3,
        processing: 1,
        dead: 0,
        completed_total: 0,
        failed_total: 1,
    };
    assert_eq!(counts(&*store, &photo.pipeline).await, Some(expected));
    let names: Vec<PipelineName> = store.pipelines().await.unwrap().into_iter().map(|counts| counts.pipeline).collect();
    assert!(names.is_sorted(), "{names:?}");
}

pub(super) async fn a_pipeline_is_in_the_state_that_it_was_put_in(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let put =
        async |state| store.put_pipeline(&photo.pipeline, &CatalogueEntry { state, ..CatalogueEntry::default() }).await;
    let standing = async || counts(&*store, &photo.pipeline).await.unwrap().state;
    put(PipelineState::Paused).await.unwrap();
    assert_eq!(standing().await, PipelineStanding::Paused);
    // One that is paused takes photos too.
    let beside = sample::new_photo(&photo.sender.user, &photo.pipeline);
    store.accept(&beside).await.unwrap();
    put(PipelineState::Running).await.unwrap();
    assert_eq!(standing().await, PipelineStanding::Running);
}

pub(super) async fn a_photo_has_its_uploads_priority_or_its_pipelines(subject: StoreSubject<'_>) {
    let store = subject.port();
    let (owner, pipeline) = (sample::owner(), sample::pipeline());
    let priority = |number| Priority::try_from(number).unwrap();
    store.put_pipeline(&pipeline, &QueueSpec { priority: priority(7), ..QueueSpec::default() }.into()).await.unwrap();
    for (asked, given) in [(None, 7), (Some(2), 2)] {
        let new = sample::new_photo(&owner, &pipeline);
        let new = NewPhoto { priority: asked.map(priority), ..new };
        assert_eq!(store.accept(&new).await.unwrap().into_photo().unwrap().priority, priority(given));
        assert_eq!(read(&*store, &new).await.priority, priority(given));
    }
}

pub(super) async fn a_pipeline_says_how_many_attempts_there_are_and_when(subject: StoreSubject<'_>) {
    let store = subject.port();
    let photo = accepted(&*store).await;
    let backoff = BackoffSpec { r#type: BackoffType::Fixed, delay_seconds: 1, max_delay_seconds: 1 };
    let queue = QueueSpec { job_options: JobOptions { attempts: 4, backoff }, ..QueueSpec::default() };
    // Also for photos that are open already.
    store.put_pipeline(&photo.pipeline, &queue.into()).await.unwrap();
    for _ in 0..3 {
        let run = begun(&*store, &photo).await;
        let FailDecision::RetryIn { milliseconds } = fail(&*store, &photo, run.id, ErrorClass::Logic).await else {
            panic!("another attempt follows");
        };
        assert!(milliseconds <= 1000, "{milliseconds}");
    }
    let run = begun(&*store, &photo).await;
    let last = fail(&*store, &photo, run.id, ErrorClass::Logic).await;
    assert_eq!(last, FailDecision::Final { status: PhotoStatus::Dead });
}
