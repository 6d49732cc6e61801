//! The laws of [`MetadataStore`]: what was acknowledged is kept, one run at a time, each owner for itself.

use std::{sync::Arc, time::Duration};

use super::{Law, Subject, answer::kind, sample};
use crate::{
    failure::FailureCode,
    id::{PhotoId, RunId, UserId},
    job::Priority,
    laws,
    photo::{Dimensions, NewPhoto, Photo, PhotoStatus},
    pipeline::{BackoffSpec, BackoffType, JobOptions, PipelineName, QueueSpec},
    port::{
        ErrorKind, MetadataStore,
        metadata_store::{Accepted, PhotoQuery, PipelineCounts},
    },
    run::{BeginRun, Begun, FailDecision, FailureClass, FinishOutcome, Run},
};

mod accepting;
mod catalogue;
mod crashing;
mod failing;
mod finishing;
mod reading;

use accepting::{
    a_repeated_accept_returns_the_photo_as_it_is, an_accepted_photo_can_be_read_at_once,
    an_id_of_another_owner_is_a_conflict, an_original_of_another_photo_is_invalid,
    an_unknown_pipeline_is_invalid_and_leaves_nothing_behind, concurrent_accepts_of_one_photo_create_it_once,
};
use catalogue::{
    a_photo_has_its_uploads_priority_or_its_pipelines, a_pipeline_counts_its_photos,
    a_pipeline_says_how_many_attempts_there_are_and_when, a_removed_pipeline_takes_no_photos_and_keeps_its_old_ones,
};
use crashing::{
    a_dead_server_is_unavailable_until_it_is_back, a_run_survives_a_crash_of_the_server,
    what_was_acknowledged_survives_a_crash,
};
use failing::{
    a_dependencys_failure_does_not_count, a_failing_worker_gets_three_attempts,
    a_failure_after_the_finish_changes_nothing, a_fenced_run_cannot_fail_the_photo, a_photo_at_fault_fails_at_once,
    a_repeated_fail_gets_the_same_decision, deliveries_that_end_in_a_decision_are_not_poison,
    six_deliveries_without_an_outcome_are_poison,
};
use finishing::{
    a_begin_after_the_finish_is_finished, a_begin_fences_the_run_before, a_double_delivery_is_applied_once,
    a_finished_run_completes_the_photo_with_its_outputs, a_repeated_finish_is_applied_again,
    every_change_of_state_takes_the_next_number, outputs_outside_the_runs_prefix_are_invalid,
    unknown_photos_and_other_generations_are_superseded,
};
use reading::{
    a_limit_out_of_bounds_is_invalid, a_list_never_shows_another_owners_photos,
    a_list_of_one_status_shows_that_status_only, another_owners_photo_is_not_found,
    pages_run_newest_first_without_holes_or_repeats,
};

type Store = dyn MetadataStore;
type StoreSubject<'a> = &'a dyn Subject<Store>;

/// All of them.
pub const LAWS: &[Law<Store>] = laws![Store;
    an_accepted_photo_can_be_read_at_once,
    a_repeated_accept_returns_the_photo_as_it_is,
    an_id_of_another_owner_is_a_conflict,
    an_unknown_pipeline_is_invalid_and_leaves_nothing_behind,
    an_original_of_another_photo_is_invalid,
    concurrent_accepts_of_one_photo_create_it_once,
    another_owners_photo_is_not_found,
    pages_run_newest_first_without_holes_or_repeats,
    a_list_never_shows_another_owners_photos,
    a_list_of_one_status_shows_that_status_only,
    a_limit_out_of_bounds_is_invalid,
    a_finished_run_completes_the_photo_with_its_outputs,
    every_change_of_state_takes_the_next_number,
    a_begin_fences_the_run_before,
    a_repeated_finish_is_applied_again,
    a_double_delivery_is_applied_once,
    a_begin_after_the_finish_is_finished,
    unknown_photos_and_other_generations_are_superseded,
    outputs_outside_the_runs_prefix_are_invalid,
    a_photo_at_fault_fails_at_once,
    a_failing_worker_gets_three_attempts,
    a_dependencys_failure_does_not_count,
    a_repeated_fail_gets_the_same_decision,
    a_failure_after_the_finish_changes_nothing,
    a_fenced_run_cannot_fail_the_photo,
    six_deliveries_without_an_outcome_are_poison,
    deliveries_that_end_in_a_decision_are_not_poison,
    a_removed_pipeline_takes_no_photos_and_keeps_its_old_ones,
    a_pipeline_counts_its_photos,
    a_photo_has_its_uploads_priority_or_its_pipelines,
    a_pipeline_says_how_many_attempts_there_are_and_when,
    what_was_acknowledged_survives_a_crash,
    a_run_survives_a_crash_of_the_server;
    with a server:
    a_dead_server_is_unavailable_until_it_is_back,
];

/// A pipeline of this law's own, in the catalogue.
async fn pipeline(store: &Store) -> PipelineName {
    let name = sample::pipeline();
    store.put_pipeline(&name, &QueueSpec::default()).await.unwrap();
    name
}

/// A photo that was accepted in a pipeline of its own.
async fn accepted(store: &Store) -> NewPhoto {
    let photo = sample::new_photo(&sample::owner(), &pipeline(store).await);
    store.accept(&photo).await.unwrap();
    photo
}

async fn begun(store: &Store, photo: &NewPhoto) -> Run {
    let answer = store.begin(&sample::begin(photo)).await.unwrap();
    let Begun::Run(run) = answer else { panic!("expected a run, got {answer:?}") };
    *run
}

async fn read(store: &Store, photo: &NewPhoto) -> Photo {
    store.photo(&photo.sender.user, photo.id).await.unwrap()
}

async fn fail(store: &Store, photo: &NewPhoto, run: RunId, class: FailureClass) -> FailDecision {
    store.fail(&sample::fail(photo.id, run, class)).await.unwrap()
}

async fn counts(store: &Store, pipeline: &PipelineName) -> Option<PipelineCounts> {
    store.pipelines().await.unwrap().into_iter().find(|counts| counts.pipeline == *pipeline)
}
