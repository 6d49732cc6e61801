use std::{collections::BTreeSet, time::Duration};

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::memory::job_queue::tests::job;

/// One call, on one of a few jobs or of the claims that were made so far.
#[derive(Debug, Clone, Copy)]
enum Step {
    Enqueue(usize),
    Take,
    Extend(usize),
    Complete(usize),
    Fail(usize),
    Delay(usize, u64),
    Release(usize),
    Remove(usize),
    Pass(u64),
}

/// As many jobs as priorities.
const PRIORITIES: [u8; JOBS] = [5, 1, 5, 10, 1, 5];
const JOBS: usize = 6;
const LEASE: Duration = Duration::from_secs(5);

fn step() -> impl Strategy<Value = Step> {
    // The newest claims are the likely ones; older ones have mostly lost their lease.
    let claim = 0..4_usize;
    prop_oneof![
        6 => (0..JOBS).prop_map(Step::Enqueue),
        6 => Just(Step::Take),
        1 => claim.clone().prop_map(Step::Extend),
        2 => claim.clone().prop_map(Step::Complete),
        1 => claim.clone().prop_map(Step::Fail),
        2 => (claim.clone(), 0..8_u64).prop_map(|(claim, seconds)| Step::Delay(claim, seconds)),
        2 => claim.prop_map(Step::Release),
        1 => (0..JOBS).prop_map(Step::Remove),
        3 => (0..4_u64).prop_map(Step::Pass),
    ]
}

/// Where a job is, as the steps so far say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Ready {
        since: u64,
    },
    Delayed {
        due: u64,
        since: u64,
    },
    /// Taken by the claim of that number.
    Taken {
        claim: usize,
        lease_end: u64,
        since: u64,
    },
    Completed,
    Failed,
}

/// The plainest queue there can be: a place for each job, looked through at every step.
struct Model {
    places: [Place; JOBS],
    now: u64,
    turns: u64,
}

impl Model {
    fn turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    fn turn_over(&mut self) {
        let mut due_jobs = Vec::new();
        for (job, place) in self.places.iter_mut().enumerate() {
            if let Place::Taken { lease_end, since, .. } = *place
                && lease_end <= self.now
            {
                *place = Place::Ready { since };
            } else if let Place::Delayed { due, since } = *place
                && due <= self.now
            {
                due_jobs.push((due, PRIORITIES[job], since, job));
            }
        }
        due_jobs.sort_unstable();
        for (.., job) in due_jobs {
            self.places[job] = Place::Ready { since: self.turn() };
        }
    }

    /// The job that comes next, and since when it is in line.
    fn next(&self) -> Option<(usize, u64)> {
        let ready = self.places.iter().enumerate().filter_map(|(job, place)| {
            let Place::Ready { since } = place else { return None };
            Some((job, *since))
        });
        ready.min_by_key(|(job, since)| (PRIORITIES[*job], *since))
    }

    /// The job that the claim holds, and since when it is in line.
    fn held_by(&self, number: usize) -> Option<(usize, u64)> {
        self.places.iter().enumerate().find_map(|(job, place)| {
            let Place::Taken { claim, since, .. } = place else { return None };
            (*claim == number).then_some((job, *since))
        })
    }

    fn counts(&self) -> QueueCounts {
        let count = |of: fn(&Place) -> bool| self.places.iter().filter(|place| of(place)).count() as u64;
        QueueCounts {
            waiting: count(|place| matches!(place, Place::Ready { .. })),
            delayed: count(|place| matches!(place, Place::Delayed { .. })),
            active: count(|place| matches!(place, Place::Taken { .. })),
            completed: count(|place| matches!(place, Place::Completed)),
            failed: count(|place| matches!(place, Place::Failed)),
            paused: false,
        }
    }
}

/// The queue beside its model.
struct Pair {
    queue: PipelineJobs,
    model: Model,
    start: Instant,
    jobs: Vec<Job>,
    claims: Vec<Claim>,
}

impl Pair {
    fn new() -> Self {
        Self {
            queue: PipelineJobs::new(&MemoryQueueSettings::default()),
            model: Model { places: [Place::Nowhere; JOBS], now: 0, turns: 0 },
            start: Instant::now(),
            jobs: PRIORITIES.map(|number| Job { priority: Priority::try_from(number).unwrap(), ..job() }).into(),
            claims: Vec::new(),
        }
    }

    fn at(&self, seconds: u64) -> Instant {
        self.start + Duration::from_secs(seconds)
    }

    fn step(&mut self, step: Step) {
        self.queue.turn_over(self.at(self.model.now));
        self.model.turn_over();
        match step {
            Step::Enqueue(job) => self.enqueue(job),
            Step::Take => drop(self.take()),
            Step::Extend(back) => {
                let lease_end = self.model.now + LEASE.as_secs();
                let until = self.at(lease_end);
                self.on_claim(
                    back,
                    |queue, claim| queue.extend(claim, until),
                    |claim, since| Place::Taken { claim, lease_end, since },
                );
            }
            Step::Complete(back) => self.on_claim(back, PipelineJobs::complete, |_, _| Place::Completed),
            Step::Fail(back) => self.on_claim(back, PipelineJobs::fail, |_, _| Place::Failed),
            Step::Delay(back, seconds) => {
                let due = self.model.now + seconds;
                let until = self.at(due);
                self.on_claim(back, |queue, claim| queue.delay(claim, until), |_, since| Place::Delayed { due, since });
            }
            Step::Release(back) => self.on_claim(back, PipelineJobs::release, |_, since| Place::Ready { since }),
            Step::Remove(job) => {
                self.queue.remove(self.jobs[job].id().as_str());
                if let Place::Ready { .. } | Place::Delayed { .. } = self.model.places[job] {
                    self.model.places[job] = Place::Nowhere;
                }
            }
            Step::Pass(seconds) => self.model.now += seconds,
        }
    }

    fn enqueue(&mut self, job: usize) {
        let now = self.at(self.model.now);
        self.queue.enqueue(&self.jobs[job], now).unwrap();
        if let Place::Nowhere | Place::Completed | Place::Failed = self.model.places[job] {
            self.model.places[job] = Place::Ready { since: self.model.turn() };
        }
    }

    /// Takes a job from both, which must be the same one.
    fn take(&mut self) -> Option<Job> {
        let lease_end = self.model.now + LEASE.as_secs();
        let claim = self.queue.take(self.at(lease_end));
        let taken = claim.as_ref().map(|claim| claim.job.clone().unwrap());
        let expected = self.model.next();
        assert_eq!(taken, expected.map(|(job, _)| self.jobs[job].clone()));
        if let Some((job, since)) = expected {
            self.model.places[job] = Place::Taken { claim: self.claims.len(), lease_end, since };
            self.claims.extend(claim);
        }
        taken
    }

    /// Does the same to both with the claim that is so many places behind the newest one.
    fn on_claim(
        &mut self,
        back: usize,
        act: impl FnOnce(&mut PipelineJobs, &Claim) -> Result<(), LeaseLost>,
        place: impl FnOnce(usize, u64) -> Place,
    ) {
        let Some(number) = self.claims.len().checked_sub(back + 1) else { return };
        let outcome = act(&mut self.queue, &self.claims[number]);
        let held = self.model.held_by(number);
        assert_eq!(outcome, held.map(|_| ()).ok_or(LeaseLost));
        if let Some((job, since)) = held {
            self.model.places[job] = place(number, since);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_interleaving_loses_a_job_or_gives_it_to_two(steps in vec(step(), 1..120)) {
        let mut pair = Pair::new();
        for step in steps {
            pair.step(step);
            pair.queue.turn_over(pair.at(pair.model.now));
            pair.model.turn_over();
            prop_assert_eq!(pair.queue.counts(), pair.model.counts());
        }
        // Once every lease and delay is over, what is open is given out, each job once.
        pair.step(Step::Pass(100));
        pair.step(Step::Pass(0));
        let open = pair.model.counts().waiting;
        let taken: BTreeSet<String> = std::iter::from_fn(|| pair.take()).map(|job| job.id().to_string()).collect();
        prop_assert_eq!(taken.len() as u64, open);
    }
}
