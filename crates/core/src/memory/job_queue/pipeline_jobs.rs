//! The jobs of one pipeline, as a state machine without a clock: whoever calls says what the time is.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use tokio::time::Instant;
use uuid::Uuid;

use super::MemoryQueueSettings;
use crate::{
    job::{Claim, Job, JobId, QueueCounts, QueueNumbers},
    memory::recent::Recent,
    priority::Priority,
};

/// The claim is not the one that holds the job: its lease is over, or it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease of this claim is over")]
pub(super) struct LeaseLost;

/// There is no room for another job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} jobs are open already: there is room again when workers have ended some")]
pub(super) struct Full(usize);

/// A job's place among those that are ready: the lowest comes first. The order of the fields is the order of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    priority: Priority,
    sequence: u64,
}

#[derive(Debug)]
struct OpenJob {
    job: Job,
    added: Instant,
    turn: Turn,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Ready,
    Delayed { due: Instant },
    Taken { token: String, lease_end: Instant },
}

/// What a claim that waits has to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prospect {
    ready: usize,
    /// When the next lease or delay ends.
    pub(super) next_end: Option<Instant>,
}

impl Prospect {
    /// Whether a claim that went to sleep with the prospect `before` has to look again.
    pub(super) fn is_better_than(&self, before: &Self) -> bool {
        let is_earlier = self.next_end.is_some_and(|end| before.next_end.is_none_or(|known| end < known));
        self.ready > before.ready || is_earlier
    }
}

/// Jobs by state. An id is in `open` or in one of the two that have ended, never in both.
#[derive(Debug)]
pub(super) struct PipelineJobs {
    /// Who takes them.
    worker_name: Option<String>,
    open_max: usize,
    open: HashMap<Arc<str>, OpenJob>,
    ready: BTreeMap<Turn, Arc<str>>,
    delayed: BTreeMap<(Instant, Turn), Arc<str>>,
    taken: BTreeMap<(Instant, Turn), Arc<str>>,
    completed: Recent<Arc<str>>,
    failed: Recent<Arc<str>>,
    last_sequence: u64,
    paused: bool,
}

impl PipelineJobs {
    pub(super) fn new(settings: &MemoryQueueSettings) -> Self {
        Self {
            worker_name: settings.worker_name.clone(),
            open_max: settings.open_max,
            open: HashMap::new(),
            ready: BTreeMap::new(),
            delayed: BTreeMap::new(),
            taken: BTreeMap::new(),
            completed: Recent::new(settings.completed_max),
            failed: Recent::new(settings.failed_max),
            last_sequence: 0,
            paused: false,
        }
    }

    /// Makes ready what has come due by `now`: a job whose lease is over gets its old turn again, one whose delay is
    /// over the last one of its priority, so that repeated attempts don't keep back the jobs that had none.
    pub(super) fn turn_over(&mut self, now: Instant) {
        while let Some(id) = pop_due(&mut self.taken, now) {
            self.make_ready(&id);
        }
        while let Some(id) = pop_due(&mut self.delayed, now) {
            let sequence = self.next_sequence();
            if let Some(open) = self.open.get_mut(&id) {
                open.turn.sequence = sequence;
            }
            self.make_ready(&id);
        }
    }

    /// Adds a job, unless it is open already.
    pub(super) fn enqueue(&mut self, job: &Job, now: Instant) -> Result<(), Full> {
        let id: Arc<str> = job.id().as_str().into();
        if self.open.contains_key(&id) {
            return Ok(());
        }
        if self.open.len() >= self.open_max {
            return Err(Full(self.open_max));
        }
        self.completed.remove(&id);
        self.failed.remove(&id);
        let turn = Turn { priority: job.priority, sequence: self.next_sequence() };
        self.ready.insert(turn, Arc::clone(&id));
        self.open.insert(id, OpenJob { job: job.clone(), added: now, turn, state: State::Ready });
        Ok(())
    }

    /// Whether a job waits or runs.
    pub(super) fn holds(&self, id: &JobId) -> bool {
        self.open.contains_key(id.as_str())
    }

    /// Gives out the next job until `lease_end`; none while this is paused.
    pub(super) fn take(&mut self, lease_end: Instant) -> Option<Claim> {
        if self.paused {
            return None;
        }
        let (turn, id) = self.ready.pop_first()?;
        let open = self.open.get_mut(&id)?;
        let token = Uuid::new_v4().to_string();
        open.state = State::Taken { token: token.clone(), lease_end };
        let claim = Claim {
            job_id: id.as_ref().to_owned(),
            pipeline: open.job.pipeline.clone(),
            job: Ok(open.job.clone()),
            token,
        };
        self.taken.insert((lease_end, turn), id);
        Some(claim)
    }

    /// Keeps a claim until `lease_end`.
    pub(super) fn extend(&mut self, claim: &Claim, lease_end: Instant) -> Result<(), LeaseLost> {
        let (id, turn) = self.take_back(claim)?;
        self.set(&id, State::Taken { token: claim.token.clone(), lease_end });
        self.taken.insert((lease_end, turn), id);
        Ok(())
    }

    /// Ends a job well.
    pub(super) fn complete(&mut self, claim: &Claim) -> Result<(), LeaseLost> {
        let (id, _) = self.take_back(claim)?;
        self.open.remove(&id);
        self.completed.insert(id);
        Ok(())
    }

    /// Ends a job badly.
    pub(super) fn fail(&mut self, claim: &Claim) -> Result<(), LeaseLost> {
        let (id, _) = self.take_back(claim)?;
        self.open.remove(&id);
        self.failed.insert(id);
        Ok(())
    }

    /// Hands a job back that is ready again from `due` on.
    pub(super) fn delay(&mut self, claim: &Claim, due: Instant) -> Result<(), LeaseLost> {
        let (id, turn) = self.take_back(claim)?;
        self.set(&id, State::Delayed { due });
        self.delayed.insert((due, turn), id);
        Ok(())
    }

    /// Hands a job back that is ready at once, with its old turn.
    pub(super) fn release(&mut self, claim: &Claim) -> Result<(), LeaseLost> {
        let (id, _) = self.take_back(claim)?;
        self.make_ready(&id);
        Ok(())
    }

    /// Removes a job that is ready or delayed.
    pub(super) fn remove(&mut self, id: &str) {
        let Some(OpenJob { turn, state, .. }) = self.open.get(id) else { return };
        match state {
            State::Ready => drop(self.ready.remove(turn)),
            State::Delayed { due } => drop(self.delayed.remove(&(*due, *turn))),
            State::Taken { .. } => return,
        }
        self.open.remove(id);
    }

    /// Whether jobs are kept from now on.
    pub(super) fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    pub(super) fn counts(&self) -> QueueCounts {
        QueueCounts {
            waiting: self.ready.len() as u64,
            delayed: self.delayed.len() as u64,
            active: self.taken.len() as u64,
            completed: self.completed.len() as u64,
            failed: self.failed.len() as u64,
            paused: self.paused,
        }
    }

    pub(super) fn numbers(&self, now: Instant) -> QueueNumbers {
        let counts = self.counts();
        let busy = |name: &String| (name.clone(), counts.active);
        let added = self.ready.values().filter_map(|id| self.open.get(id)).map(|open| open.added).min();
        QueueNumbers {
            waiting: 0,
            prioritized: counts.waiting,
            active: counts.active,
            delayed: counts.delayed,
            failed: counts.failed,
            paused: counts.paused,
            oldest_seconds: added.map(|added| now.saturating_duration_since(added).as_secs()),
            busy_workers: self.worker_name.iter().filter(|_| counts.active > 0).map(busy).collect(),
        }
    }

    pub(super) fn prospect(&self) -> Prospect {
        let ends = [&self.delayed, &self.taken];
        let next_end = ends.iter().filter_map(|jobs| jobs.first_key_value()).map(|((end, _), _)| *end).min();
        Prospect { ready: if self.paused { 0 } else { self.ready.len() }, next_end }
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_empty(&self) -> bool {
        !self.paused && self.open.is_empty() && self.completed.len() == 0 && self.failed.len() == 0
    }

    /// Ends a claim; what becomes of its job is the caller's.
    fn take_back(&mut self, claim: &Claim) -> Result<(Arc<str>, Turn), LeaseLost> {
        match self.open.get(claim.job_id.as_str()) {
            Some(OpenJob { turn, state: State::Taken { token, lease_end }, .. }) if *token == claim.token => {
                let id = self.taken.remove(&(*lease_end, *turn)).ok_or(LeaseLost)?;
                Ok((id, *turn))
            }
            _ => Err(LeaseLost),
        }
    }

    fn make_ready(&mut self, id: &Arc<str>) {
        if let Some(open) = self.open.get_mut(id) {
            open.state = State::Ready;
            self.ready.insert(open.turn, Arc::clone(id));
        }
    }

    fn set(&mut self, id: &Arc<str>, state: State) {
        if let Some(open) = self.open.get_mut(id) {
            open.state = state;
        }
    }

    fn next_sequence(&mut self) -> u64 {
        self.last_sequence += 1;
        self.last_sequence
    }
}

/// Takes out the first job whose time has come.
fn pop_due(jobs: &mut BTreeMap<(Instant, Turn), Arc<str>>, now: Instant) -> Option<Arc<str>> {
    let first = jobs.first_entry()?;
    let (end, _) = first.key();
    if *end <= now { Some(first.remove()) } else { None }
}

#[cfg(test)]
mod tests;
