//! The laws of [`MetadataStore`]: what was acknowledged is kept, one run at a time, each owner for itself.

use std::{sync::Arc, time::Duration};

use super::{Law, Subject, answer::kind, sample};
use crate::{
    dead_letter::{DeadLetter, DeadLetterQuery, DeadLetterRef, Discard},
    error_class::ErrorClass,
    failure::FailureCode,
    id::{PhotoId, RunId, UserId},
    laws,
    photo::{Dimensions, NewPhoto, Photo, PhotoStatus},
    pipeline::{
        BackoffSpec, BackoffType, CatalogueEntry, JobOptions, PipelineName, PipelineStanding, PipelineState, QueueSpec,
    },
    port::{
        ErrorKind, MetadataStore,
        metadata_store::{Accepted, PhotoQuery, PipelineCounts, Reprocess},
    },
    priority::Priority,
    processing_log::{ProcessingLog, RunOutcome},
    run::{BeginRun, Begun, FailDecision, FinishOutcome, FinishRun, Run},
};

mod accepting;
mod burying;
mod cancelling;
mod catalogue;
mod crashing;
mod deleting;
mod failing;
mod finishing;
mod logging;
mod reading;
mod reprocessing;

use accepting::{
    a_repeated_accept_returns_the_photo_as_it_is, a_repeated_request_returns_the_photo_of_the_first,
    an_accepted_photo_can_be_read_at_once, an_id_of_another_owner_is_a_conflict,
    an_idempotency_key_is_good_for_the_same_bytes_only, an_idempotency_key_is_its_owners_own,
    an_original_of_another_photo_is_invalid, an_unknown_pipeline_is_invalid_and_leaves_nothing_behind,
    concurrent_accepts_of_one_photo_create_it_once,
};
use burying::{
    a_dead_letter_can_be_discarded_with_its_photo, a_dead_letter_leaves_by_its_retry_only_once,
    a_dead_letter_whose_owner_has_it_processed_again_is_none, a_dead_photo_is_a_dead_letter_with_what_led_to_it,
    a_discarded_dead_letter_is_failed_for_good_and_keeps_its_failure,
    all_dead_letters_of_a_pipeline_are_retried_a_page_at_a_time,
    dead_letters_run_newest_first_over_all_owners_without_holes_or_repeats,
};
use cancelling::{
    a_photo_that_waits_for_another_attempt_says_when_and_can_be_cancelled,
    a_repeated_cancel_returns_the_photo_as_it_is, a_run_whose_photo_is_cancelled_is_fenced,
    a_waiting_photo_is_cancelled_and_never_begun, what_has_ended_cannot_be_cancelled,
};
use catalogue::{
    a_photo_has_its_uploads_priority_or_its_pipelines, a_pipeline_counts_its_photos,
    a_pipeline_is_in_the_state_that_it_was_put_in, a_pipeline_says_how_many_attempts_there_are_and_when,
    a_removed_pipeline_takes_no_photos_and_keeps_its_old_ones,
};
use crashing::{
    a_dead_server_is_unavailable_until_it_is_back, a_run_survives_a_crash_of_the_server,
    what_was_acknowledged_survives_a_crash,
};
use deleting::{
    a_deleted_photo_is_out_of_sight_at_once, a_deleted_photo_takes_no_more_changes,
    a_run_whose_photo_is_deleted_is_fenced, another_owners_photo_cannot_be_deleted,
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
    every_change_of_state_takes_the_next_number, only_the_live_run_is_live,
    outputs_outside_the_runs_prefix_are_invalid, unknown_photos_and_other_generations_are_superseded,
};
use logging::{
    another_owners_log_is_not_found, the_log_keeps_the_newest_runs_only,
    the_log_shows_each_run_and_what_was_decided_about_it, the_log_tells_how_a_photo_came_to_its_end,
};
use reading::{
    a_limit_out_of_bounds_is_invalid, a_list_never_shows_another_owners_photos,
    a_list_of_one_status_shows_that_status_only, another_owners_photo_is_not_found,
    pages_run_newest_first_without_holes_or_repeats,
};
use reprocessing::{
    a_photo_can_go_to_another_pipeline_with_another_priority, a_photo_that_has_ended_is_processed_again,
    a_repeated_reprocess_returns_the_photo_as_it_is, every_end_can_be_followed_by_another_generation,
    what_cannot_be_reprocessed_stays_as_it_is,
};

type Store = dyn MetadataStore;
type StoreSubject<'a> = &'a dyn Subject<Store>;

/// All of them.
pub const LAWS: &[Law<Store>] = laws![Store;
    an_accepted_photo_can_be_read_at_once,
    a_repeated_accept_returns_the_photo_as_it_is,
    a_repeated_request_returns_the_photo_of_the_first,
    an_idempotency_key_is_good_for_the_same_bytes_only,
    an_idempotency_key_is_its_owners_own,
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
    only_the_live_run_is_live,
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
    a_photo_that_has_ended_is_processed_again,
    every_end_can_be_followed_by_another_generation,
    a_photo_can_go_to_another_pipeline_with_another_priority,
    a_repeated_reprocess_returns_the_photo_as_it_is,
    what_cannot_be_reprocessed_stays_as_it_is,
    a_waiting_photo_is_cancelled_and_never_begun,
    a_run_whose_photo_is_cancelled_is_fenced,
    a_photo_that_waits_for_another_attempt_says_when_and_can_be_cancelled,
    a_repeated_cancel_returns_the_photo_as_it_is,
    what_has_ended_cannot_be_cancelled,
    a_deleted_photo_is_out_of_sight_at_once,
    a_run_whose_photo_is_deleted_is_fenced,
    a_deleted_photo_takes_no_more_changes,
    another_owners_photo_cannot_be_deleted,
    a_dead_photo_is_a_dead_letter_with_what_led_to_it,
    dead_letters_run_newest_first_over_all_owners_without_holes_or_repeats,
    a_dead_letter_leaves_by_its_retry_only_once,
    a_dead_letter_whose_owner_has_it_processed_again_is_none,
    all_dead_letters_of_a_pipeline_are_retried_a_page_at_a_time,
    a_discarded_dead_letter_is_failed_for_good_and_keeps_its_failure,
    a_dead_letter_can_be_discarded_with_its_photo,
    the_log_shows_each_run_and_what_was_decided_about_it,
    the_log_tells_how_a_photo_came_to_its_end,
    the_log_keeps_the_newest_runs_only,
    another_owners_log_is_not_found,
    a_pipeline_is_in_the_state_that_it_was_put_in,
    what_was_acknowledged_survives_a_crash,
    a_run_survives_a_crash_of_the_server;
    with a server:
    a_dead_server_is_unavailable_until_it_is_back,
];

/// A pipeline of this law's own, in the catalogue.
async fn pipeline(store: &Store) -> PipelineName {
    let name = sample::pipeline();
    store.put_pipeline(&name, &CatalogueEntry::default()).await.unwrap();
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

async fn fail(store: &Store, photo: &NewPhoto, run: RunId, class: ErrorClass) -> FailDecision {
    store.fail(&sample::fail(photo.id, run, class)).await.unwrap()
}

async fn counts(store: &Store, pipeline: &PipelineName) -> Option<PipelineCounts> {
    store.pipelines().await.unwrap().into_iter().find(|counts| counts.pipeline == *pipeline)
}
