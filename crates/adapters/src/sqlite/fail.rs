//! Failing a run: what follows is decided and told in the same transaction.

use photo_core::{
    event::{EventKind, Failed},
    id::RunId,
    photo::{Photo, PhotoStatus},
    run::{FailDecision, FailRun},
};

use super::{
    catalogue::{self, Ending},
    error::StoreError,
    event::change_state,
    hooks,
    retry::{self, Attempt, Verdict},
    rows,
    runs::{self, RunEnd},
    works::{self, Work},
    writer::Change,
};

/// Ends the run and decides what follows, unless the run was fenced. `random` in 0..1 spreads the waits.
pub(super) fn fail(change: &Change<'_>, run: FailRun, random: f64) -> Result<FailDecision, StoreError> {
    let FailRun { photo_id, run_id, class, failure, stage_log } = run;
    let Some(mut photo) = rows::find_photo(change.connection, photo_id)? else {
        return Ok(FailDecision::Rejected);
    };
    // What this run wrote is what the photo shows: `Rejected` would have it deleted.
    if photo.finished_run == Some(run_id) {
        return Ok(FailDecision::Final { status: PhotoStatus::Completed });
    }
    let work = works::load(change.connection, &photo)?;
    match &work.failed {
        Some((run, decision)) if *run == run_id => return Ok(decision.clone()),
        Some(_) | None => {}
    }
    if photo.status != PhotoStatus::Processing || work.live_run != Some(run_id) {
        return Ok(FailDecision::Rejected);
    }
    let attempts_failed = work.attempts_failed + u32::from(class.decision().uses_attempt());
    let options = catalogue::queue(change.connection, &photo.pipeline)?.job_options;
    let attempt = Attempt { class, failure: failure.clone(), failed: attempts_failed, options };
    let verdict = retry::decide(attempt, random);
    let outcome = retry::outcome(class, &verdict);
    runs::end(change, run_id, RunEnd { outcome, failure: Some(&failure), stages: &stage_log })?;
    settle(change, &mut photo, Work { attempts_failed, ..work }, run_id, verdict)
}

fn settle(
    change: &Change<'_>,
    photo: &mut Photo,
    work: Work,
    run: RunId,
    verdict: Verdict,
) -> Result<FailDecision, StoreError> {
    let busy = work.busy_milliseconds(change.now);
    let (decision, ending, told, next_attempt_at) = match verdict {
        Verdict::End { status, failure } => {
            photo.failure = Some(failure.clone());
            let told = Failed { status, is_final: true, failure };
            (FailDecision::Final { status }, Ending::Failed, told, None)
        }
        Verdict::Retry { wait, failure } => {
            let status = PhotoStatus::Queued;
            let next_attempt_at = change.now.saturating_add(jiff::SignedDuration::try_from(wait).unwrap_or_default());
            let told = Failed { status, is_final: false, failure };
            (FailDecision::retry_in(wait), Ending::None, told, next_attempt_at.ok())
        }
    };
    photo.status = told.status;
    let failed = Some((run, decision.clone()));
    if photo.status == PhotoStatus::Dead {
        hooks::note_death(change, photo, &work)?;
    }
    let work = Work { next_attempt_at, failed, ..work.settled(told.status) };
    works::update(change.connection, photo, &work)?;
    catalogue::count(change.connection, &photo.pipeline, ending, busy)?;
    change_state(change, photo, Some(run), EventKind::Failed(told))?;
    Ok(decision)
}
