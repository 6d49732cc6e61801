//! How many replicas the load asks for, to grow and to shrink.

use std::time::Duration;

use super::{
    observation::{Pods, QueueSample},
    policy::{Policy, share},
    rates::Rates,
    whole::{number, replicas},
};

/// Of the tail of waits in M/G/k: with so many slots more per job time and budget about 99 % of waits are inside it.
const HEADROOM: f64 = 4.6;

/// Of the budget that is left, what a new pod has at least to help: what starts later catches up instead.
const LEAST_SHARE_TO_DRAIN: f64 = 0.35;

/// Of the budget, what is left at least for the jobs behind one that has waited too long.
const LEAST_SHARE_LEFT: f64 = 0.25;

/// A step down waits for so many starts of a pod: what is slow to come back is kept longer.
const STARTS_TO_HOLD: u32 = 3;

/// Of a pod's start, what one that is starting still needs.
const REST_OF_START: f64 = 0.5;

/// What was seen, as the formulas need it.
pub(super) struct Load<'a> {
    pub(super) policy: &'a Policy,
    pub(super) sample: &'a QueueSample,
    pub(super) pods: &'a Pods,
    pub(super) rates: Rates,
    /// Seconds of a job: s.
    pub(super) job_seconds: f64,
    /// What a pod takes to start: D.
    pub(super) startup: Duration,
}

/// Replicas that the load asks for, before bounds and cooldowns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Demand {
    /// Fewer are too few.
    pub(super) up: u32,
    /// More are too many; at least `up`.
    pub(super) down: u32,
    /// Whether `up` is what the backlog asks for, and not what arrives.
    pub(super) is_for_backlog: bool,
}

/// What the jobs that wait ask for.
struct Drain {
    /// Replicas that start them within the budget.
    replicas: f64,
    /// Whether those that there are, or start, will not do.
    is_short: bool,
}

impl Load<'_> {
    /// up = max(1 if there is work, ceil(min(max(rate, drain), max(slots for all jobs that there will be, rate)))),
    /// down = max(up, ceil(rate to keep), ceil(drain) where those there are will not do).
    pub(super) fn demand(&self) -> Demand {
        let grow = self.for_arrivals(self.rates.worth_growing_for(), self.policy.utilization_up_percent);
        let keep = self.for_arrivals(self.rates.worth_keeping_for(), self.policy.utilization_down_percent);
        let drain = self.drain();
        // Never more slots than there are jobs, or will be when a pod has started.
        let useful = self.for_every_job().max(grow);
        let up = replicas(grow.max(drain.replicas).min(useful)).max(u32::from(!self.sample.is_empty()));
        let drained = if drain.is_short { replicas(drain.replicas) } else { 0 };
        Demand { up, down: up.max(replicas(keep)).max(drained), is_for_backlog: drain.replicas > grow }
    }

    /// Jobs per second of one replica: mu.
    pub(super) fn jobs_per_second(&self) -> f64 {
        self.slots() / self.job_seconds
    }

    /// Seconds until what waits has begun, with the workers that there are.
    pub(super) fn projected_wait(&self) -> f64 {
        number(self.sample.waiting) / (self.jobs_per_second() * f64::from(self.pods.ready).max(0.5))
    }

    /// How long a change is kept before a step down, and a recommendation remembered.
    pub(super) fn hold(&self) -> Duration {
        self.policy.scale_down_cooldown.max(self.startup.saturating_mul(STARTS_TO_HOLD))
    }

    fn startup_seconds(&self) -> f64 {
        self.startup.as_secs_f64()
    }

    fn slots(&self) -> f64 {
        f64::from(self.policy.concurrency)
    }

    /// Replicas for so many arrivals per second: the slots that they fill, and headroom.
    fn for_arrivals(&self, rate: f64, utilization_percent: u8) -> f64 {
        if rate <= 0.0 {
            return 0.0;
        }
        let headroom = HEADROOM * self.job_seconds / self.policy.budget();
        (rate * self.job_seconds / share(utilization_percent) + headroom) / self.slots()
    }

    /// T': what is left of the budget when the oldest job has used up some of it.
    fn budget_left(&self) -> f64 {
        let budget = self.policy.budget();
        let used = (self.sample.oldest_wait.as_secs_f64() - 0.5 * budget).max(0.0);
        (budget - used).max(LEAST_SHARE_LEFT * budget)
    }

    fn drain(&self) -> Drain {
        let (left, per_second, waiting) = (self.budget_left(), self.jobs_per_second(), number(self.sample.waiting));
        let (working, coming) = (f64::from(self.pods.working()), f64::from(self.pods.coming()));
        let coming_seconds = (left - REST_OF_START * self.startup_seconds()).max(0.0);
        let served = per_second * (working * left + coming * coming_seconds);
        if waiting <= served {
            return Drain { replicas: waiting / (per_second * left), is_short: false };
        }
        // A new replica helps from its start on. Where that uses up the budget, the plan is to catch up, not to start
        // hundreds for a deadline that is lost.
        let helping = (left - self.startup_seconds())
            .max(LEAST_SHARE_TO_DRAIN * left)
            .max(REST_OF_START * self.startup_seconds());
        Drain { replicas: working + coming + (waiting - served) / (per_second * helping), is_short: true }
    }

    fn for_every_job(&self) -> f64 {
        let soon = self.rates.fast * (self.startup_seconds() + self.budget_left());
        (number(self.sample.waiting) + number(self.sample.active) + soon) / self.slots()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::{
        scene::{Scene, second},
        state::Counted,
    };

    /// The demand of a scene whose jobs take 2 s and pods 12 s, with so many arrivals per second for a minute.
    fn demand(scene: &Scene, per_second: u64) -> Demand {
        let policy = Scene::policy();
        let (sample, pods) = (scene.sample(), scene.pods());
        let counted = |at: u64| {
            let enqueued = at * per_second;
            Counted { at: second(at.cast_signed()), counters: Scene { enqueued, ..Scene::default() }.sample().counters }
        };
        let samples: Vec<_> = (0..=16).map(|poll| counted(poll * 5)).collect();
        let rates = Rates::of(&samples, &policy);
        let load = Load {
            policy: &policy,
            sample: &sample,
            pods: &pods,
            rates,
            job_seconds: 2.0,
            startup: Duration::from_secs(12),
        };
        load.demand()
    }

    #[test]
    fn nothing_to_do_needs_nobody() {
        let nothing = Scene { desired: 3, ..Scene::default() };
        assert_eq!(demand(&nothing, 0), Demand { up: 0, down: 0, is_for_backlog: false });
    }

    #[test]
    fn one_job_needs_somebody() {
        for scene in [Scene { waiting: 1, ..Scene::default() }, Scene { active: 1, ..Scene::default() }] {
            assert_eq!(demand(&scene, 0).up, 1);
        }
    }

    #[test]
    fn arrivals_need_the_slots_that_they_fill_and_headroom_with_a_dead_band_between() {
        // 10/s × 2 s = 20 slots; / 0.95 + 4.6 × 2 / 24 = 21.44, of 4 a replica; to keep: / 0.85 = 23.91.
        let steady = Scene { desired: 6, active: 20, ..Scene::default() };
        assert_eq!(demand(&steady, 10), Demand { up: 6, down: 6, is_for_backlog: false });
        // 30/s: 63.54 and 70.97 slots.
        assert_eq!(demand(&Scene { desired: 16, active: 60, ..Scene::default() }, 30).up, 16);
        assert_eq!(demand(&Scene { desired: 16, active: 60, ..Scene::default() }, 30).down, 18);
    }

    #[test]
    fn a_backlog_that_workers_start_in_time_asks_for_no_more() {
        // 2 replicas start 2 × 2/s × 24 s = 96 jobs in time.
        assert_eq!(demand(&Scene { desired: 2, waiting: 96, ..Scene::default() }, 0).up, 2);
        let short = demand(&Scene { desired: 2, waiting: 97, ..Scene::default() }, 0);
        assert_eq!((short.up, short.down, short.is_for_backlog), (3, 3, true));
    }

    #[test]
    fn a_backlog_is_drained_in_what_is_left_of_the_budget_after_a_start() {
        // From zero: 240 / (2/s × max(24 - 12, 0.35 × 24, 6) s) = 10.
        assert_eq!(demand(&Scene { desired: 0, waiting: 240, ..Scene::default() }, 0).up, 10);
        // The oldest has waited 20 s: 8 s less, so that 16 s are left, 6 s of them (more than 5.6 and 4) to help.
        let old = Scene { desired: 0, waiting: 240, oldest_wait: 20, ..Scene::default() };
        assert_eq!(demand(&old, 0).up, 20);
    }

    #[test]
    fn pods_that_start_are_counted_with_what_they_can_still_do() {
        let all_there = Scene { desired: 10, waiting: 470, ..Scene::default() };
        let half_starting = Scene { starting: 5, ..all_there };
        assert_eq!(demand(&all_there, 0).up, 10);
        // 5 × 48 + 5 × 36 = 420 in time; 50 more in 12 s: 2.1 replicas.
        assert_eq!(demand(&half_starting, 0).up, 13);
    }

    #[test]
    fn there_are_never_more_slots_than_jobs() {
        let few_old_ones = Scene { desired: 0, waiting: 8, oldest_wait: 3600, ..Scene::default() };
        assert_eq!(demand(&few_old_ones, 0).up, 1);
    }
}
