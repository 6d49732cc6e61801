//! What must hold of any sequence of observations.

use std::time::Duration;

use jiff::Timestamp;
use proptest::{collection::vec, prelude::*};

use super::{
    Decision, Observation, Policy, PolicyFields, Reason, State, decide,
    scene::{Scene, second},
};

const POLL: i64 = 5;

/// What happens between two polls, and how well it can be seen.
#[derive(Debug, Clone)]
struct Poll {
    come: u64,
    gone: u64,
    active: u64,
    idle: u32,
    starting: u32,
    cpu: Option<f64>,
    sight: Sight,
}

/// How the queue is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sight {
    Clear,
    Missing,
    /// A sample of so many seconds before.
    Old(i64),
    /// A queue that says it is empty and always was.
    Empty,
}

/// One decision: what was seen, and what was answered.
struct Played {
    scene: Scene,
    observation: Observation,
    decision: Decision,
}

fn sights() -> impl Strategy<Value = Sight> {
    prop_oneof![
        20 => Just(Sight::Clear),
        2 => Just(Sight::Missing),
        1 => prop_oneof![Just(3), Just(14), Just(16), Just(300), Just(-5)].prop_map(Sight::Old),
        1 => Just(Sight::Empty),
    ]
}

fn polls() -> impl Strategy<Value = Vec<Poll>> {
    let rate = prop_oneof![Just(0_u64), 0..5_u64, 0..150_u64];
    let cpu = proptest::option::of(0.0..1.2_f64);
    let poll = (rate, 0..150_u64, 0..60_u64, 0..4_u32, 0..3_u32, cpu, sights()).prop_map(
        |(come, gone, active, idle, starting, cpu, sight)| Poll { come, gone, active, idle, starting, cpu, sight },
    );
    vec(poll, 1..80)
}

fn policies() -> impl Strategy<Value = Policy> {
    let bounds = (prop_oneof![Just(0_u32), 1..4_u32], prop_oneof![Just(1_u32), Just(5), Just(30)]);
    let cooldowns = (prop_oneof![Just(0_u64), Just(20)], prop_oneof![Just(10_u64), Just(45), Just(120)]);
    (bounds, cooldowns, 1..13_u64).prop_map(|((min, more), (up, down), job)| {
        let fields = PolicyFields {
            min_replicas: min,
            max_replicas: min + more,
            scale_up_cooldown: Duration::from_secs(up),
            scale_down_cooldown: Duration::from_secs(down),
            expected_job: Duration::from_secs(job),
            ..PolicyFields::default()
        };
        Policy::new(fields).unwrap()
    })
}

/// Plays the polls from a fleet of the least size, but one; the fleet is what the answer before asked for.
fn play(policy: &Policy, polls: &[Poll]) -> (Vec<Played>, State) {
    let mut state = State::default();
    let (mut enqueued, mut completed, mut desired) = (0, 0, policy.min_replicas.max(1));
    let mut played = Vec::new();
    for (poll, number) in polls.iter().zip(1..) {
        enqueued += poll.come;
        completed = enqueued.min(completed + poll.gone);
        let at = number * POLL;
        let mut scene = Scene {
            at,
            is_seen: poll.sight != Sight::Missing,
            desired,
            starting: poll.starting.min(desired),
            idle: poll.idle.min(desired),
            waiting: enqueued - completed,
            active: poll.active,
            enqueued,
            completed,
            cpu: poll.cpu,
            ..Scene::default()
        };
        if poll.sight == Sight::Empty {
            scene = Scene { waiting: 0, active: 0, enqueued: 0, completed: 0, ..scene };
        }
        let mut observation = scene.observation();
        if let (Sight::Old(seconds), Some(sample)) = (poll.sight, observation.queue.as_mut()) {
            sample.at = second(at - seconds);
        }
        let (decision, next) = decide(policy, &observation, second(at), state);
        state = next;
        desired = decision.desired;
        played.push(Played { scene, observation, decision });
    }
    (played, state)
}

impl Played {
    fn is_usable(&self, policy: &Policy) -> bool {
        super::sample::usable(&self.observation, policy, self.now()).is_some()
    }

    fn now(&self) -> Timestamp {
        second(self.scene.at)
    }

    fn has_work(&self) -> bool {
        self.scene.waiting + self.scene.active > 0
    }

    fn goes_up(&self) -> bool {
        self.decision.desired > self.scene.desired
    }

    fn goes_down(&self) -> bool {
        self.decision.desired < self.scene.desired
    }
}

proptest! {
    #[test]
    fn every_answer_is_within_the_bounds_and_tells_numbers(policy in policies(), polls in polls()) {
        for played in play(&policy, &polls).0 {
            let decision = &played.decision;
            prop_assert!((policy.min_replicas..=policy.max_replicas).contains(&decision.desired));
            prop_assert!((0.0..=1.0).contains(&decision.confidence));
            prop_assert!(decision.projected_wait_seconds.is_none_or(|wait| wait.is_finite() && wait >= 0.0));
        }
    }

    #[test]
    fn a_fleet_outside_the_bounds_is_within_at_once(policy in policies(), polls in polls(), desired in 0..200_u32) {
        let (_, state) = play(&policy, &polls);
        for scene in [Scene::unseen(), Scene::default()] {
            let observation = Scene { at: 1000, desired, ..scene }.observation();
            let (decision, _) = decide(&policy, &observation, second(1000), state.clone());
            if policy.clamp(desired) != desired {
                prop_assert_eq!((decision.desired, decision.reason), (policy.clamp(desired), Reason::OutOfBounds));
            }
        }
    }

    #[test]
    fn the_same_is_answered_the_same_also_after_the_state_was_stored(policy in policies(), polls in polls()) {
        let (once, state) = play(&policy, &polls);
        let (again, same) = play(&policy, &polls);
        for (once, again) in once.iter().zip(&again) {
            prop_assert_eq!(&once.decision, &again.decision);
        }
        prop_assert_eq!(&state, &same);
        let stored: State = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        let observation = Scene { at: 500, waiting: 50, ..Scene::default() }.observation();
        prop_assert_eq!(
            decide(&policy, &observation, second(500), stored),
            decide(&policy, &observation, second(500), state)
        );
    }

    #[test]
    fn more_waiting_never_gives_fewer(policy in policies(), polls in polls(), waiting in vec(0..3000_u64, 2..6), oldest_wait in 0..90_u64) {
        let (played, state) = play(&policy, &polls);
        let last = &played.last().unwrap().scene;
        let mut waiting = waiting;
        waiting.sort_unstable();
        let answers: Vec<u32> = waiting.iter().map(|waiting| {
            let scene = Scene { at: last.at + POLL, is_seen: true, waiting: *waiting, oldest_wait, ..*last };
            decide(&policy, &scene.observation(), second(scene.at), state.clone()).0.desired
        }).collect();
        prop_assert!(answers.is_sorted(), "{waiting:?}: {answers:?}");
    }

    #[test]
    fn cooldowns_are_kept(policy in policies(), polls in polls()) {
        let (mut last_up, mut last_change) = (None, None);
        let is_over = |last: Option<i64>, now: i64, cooldown: Duration| {
            last.is_none_or(|last: i64| now - last >= cooldown.as_secs().cast_signed())
        };
        for played in play(&policy, &polls).0 {
            let now = played.scene.at;
            if played.goes_up() {
                prop_assert!(played.scene.desired == 0 || is_over(last_up, now, policy.scale_up_cooldown), "up at {now}");
                last_up = Some(now);
            }
            if played.goes_down() {
                prop_assert!(is_over(last_change, now, policy.scale_down_cooldown), "down at {now}");
                prop_assert!(is_over(Some(POLL), now, policy.scale_down_cooldown), "down at {now}, before the window is full");
            }
            if played.goes_up() || played.goes_down() {
                last_change = Some(now);
            }
        }
    }

    #[test]
    fn nothing_goes_on_data_that_can_not_be_used_and_nothing_changes_when_nothing_is_seen(policy in policies(), polls in polls()) {
        for played in play(&policy, &polls).0 {
            if !played.is_usable(&policy) {
                prop_assert!(!played.goes_down());
                prop_assert!(played.scene.cpu.is_some() || !played.goes_up());
            }
        }
    }

    #[test]
    fn work_is_never_left_without_a_worker(policy in policies(), polls in polls()) {
        for played in play(&policy, &polls).0 {
            if played.is_usable(&policy) && played.has_work() {
                prop_assert!(played.decision.desired > 0, "at {}", played.scene.at);
            }
        }
    }

    #[test]
    fn nothing_goes_while_the_backlog_is_above_target(desired in 2..31_u32, per_replica in 13..200_u32, jobs in 0..20_u64) {
        // A replica starts 2/s × 24 s = 48 jobs in time; a quarter of that, 12, may wait for each that stays.
        let mut state = State::default();
        for poll in 1..60 {
            let at = poll * POLL;
            let done = jobs * poll.unsigned_abs();
            let waiting = u64::from(desired * per_replica);
            let scene = Scene { at, desired, waiting, enqueued: done, completed: done, ..Scene::default() };
            let (decision, next) = decide(&Scene::policy(), &scene.observation(), second(at), state);
            state = next;
            prop_assert!(decision.desired >= desired, "{decision:?}");
        }
    }

    #[test]
    fn counters_that_went_back_are_no_reason_to_shrink(policy in policies(), polls in polls(), later in 1..24_i64) {
        let (played, state) = play(&policy, &polls);
        let last = played.last().unwrap();
        let known = state.samples.last().is_some_and(|sample| sample.counters.enqueued > 0);
        let (at, desired) = (last.scene.at, last.decision.desired);
        let mut state = state;
        for poll in 1..=later {
            let scene = Scene { at: at + poll * POLL, desired, ..Scene::default() };
            let (decision, next) = decide(&policy, &scene.observation(), second(scene.at), state);
            state = next;
            prop_assert!(!known || decision.desired >= desired, "{poll} polls later: {decision:?}");
        }
    }

    #[test]
    fn from_zero_the_first_poll_with_work_acts_and_as_the_backlog_needs(warm in 0..40_i64, waiting in 1..5000_u64, cooldown in 0..300_u64) {
        let fields = PolicyFields {
            min_replicas: 0, max_replicas: 1000, scale_up_cooldown: Duration::from_secs(cooldown), ..PolicyFields::default()
        };
        let policy = Policy::new(fields).unwrap();
        let mut state = State::default();
        for poll in 1..=warm {
            let idle = Scene { at: poll * POLL, desired: 0, ..Scene::default() };
            state = decide(&policy, &idle.observation(), second(idle.at), state).1;
        }
        state.note_change(0, 1, second(warm * POLL));
        let scene = Scene { at: (warm + 1) * POLL, desired: 0, waiting, enqueued: waiting, ..Scene::default() };
        let (decision, _) = decide(&policy, &scene.observation(), second(scene.at), state);
        // 2/s × (24 - 12) s each; what has just arrived is an arrival rate too, and may ask for more.
        prop_assert!(u64::from(decision.desired) >= waiting.div_ceil(24), "{decision:?}");
        prop_assert!(u64::from(decision.desired) <= waiting.div_ceil(4), "{decision:?}");
    }

    #[test]
    fn an_idle_fleet_reaches_zero_not_before_its_time(desired in 1..31_u32, cooldown in 0..60_u64, startup in 0..15_u64) {
        let scale_down_cooldown = Duration::from_secs(cooldown);
        let fields = PolicyFields { min_replicas: 0, scale_down_cooldown, ..PolicyFields::default() };
        let policy = Policy::new(fields).unwrap();
        let (mut state, mut desired, mut empty_at) = (State::default(), desired, None);
        for poll in 1..=100 {
            let scene = Scene { at: poll * POLL, desired, idle: desired, ..Scene::default() };
            let mut observation = scene.observation();
            observation.pods.startup = Some(Duration::from_secs(startup));
            let (decision, next) = decide(&policy, &observation, second(scene.at), state);
            state = next;
            desired = decision.desired;
            if desired == 0 {
                empty_at = empty_at.or(Some(scene.at));
            }
        }
        prop_assert!(empty_at.is_some_and(|at| (120..=420).contains(&at)), "{empty_at:?}");
    }

    #[test]
    fn any_numbers_get_an_answer(
        levels in any::<(u64, u64, u64, u64, u64)>(),
        pods in any::<(u32, u32, u32, u32)>(),
        share in any::<f64>(),
        startup in any::<Option<u64>>(),
        times in any::<(u32, u32)>(),
    ) {
        let mut observation = Scene::default().observation();
        let (waiting, active, oldest_wait, enqueued, completed) = levels;
        let sample = Scene { waiting, active, oldest_wait, enqueued, completed: completed / 4, ..Scene::default() }.sample();
        (observation.pods.desired, observation.pods.ready, observation.pods.starting, observation.pods.idle) = pods;
        observation.pods.desired = observation.pods.desired.clamp(1, 30);
        observation.pods.startup = startup.map(Duration::from_secs);
        let now = second(i64::from(times.0));
        let used = super::Utilization { share, at: now };
        let seen = super::QueueSample { at: now, ..sample };
        (observation.queue, observation.cpu, observation.memory) = (Some(seen), Some(used.clone()), Some(used));
        let policy = Scene::policy();
        let (first, state) = decide(&policy, &observation, now, State::default());
        let (second, _) = decide(&policy, &observation, second(i64::from(times.1)), state);
        prop_assert!((1..=30).contains(&first.desired) && (1..=30).contains(&second.desired));
    }
}

/// Numbers of a normal distribution, the same for each seed.
struct Noise(u64);

impl Noise {
    /// Between 0 and 1, neither of them (xorshift).
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (f64::from(u32::try_from(self.0 >> 32).unwrap()) + 0.5) / 4_294_967_296.0
    }

    /// Arrivals in a time in which there are so many on average.
    fn arrivals(&mut self, mean: f64) -> u64 {
        let normal = (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos();
        u64::from(super::whole::replicas(mean + normal * mean.sqrt() - 0.5))
    }
}

/// For so many hours a load is steady.
const HOURS: i64 = 4;

/// Six an hour.
const MOST_CHANGES: usize = 24;

/// Seconds of a job of the scenes.
const JOB: f64 = 2.0;

#[test]
fn a_steady_load_with_noise_settles_and_is_carried() {
    // Loads that fill a number of replicas just so are among them: there the noise decides.
    let rates = (0..=40).map(|step| 0.1 * 230.0_f64.powf(f64::from(step) / 40.0));
    for (rate, seed) in rates.chain([0.7, 1.63, 2.0, 5.0, 11.0]).zip(1_u64..) {
        let mut noise = Noise(seed * 0x9e37_79b9_7f4a_7c15);
        let (mut state, mut desired, mut enqueued, mut changes) = (State::default(), 1, 0, Vec::new());
        for poll in 1..=HOURS * 720 {
            enqueued += noise.arrivals(rate * 5.0);
            let completed = enqueued.saturating_sub(2);
            let active = u64::from(super::whole::replicas(rate * JOB)).min(4 * u64::from(desired));
            let cpu = Some((rate * JOB / f64::from(4 * desired)).min(1.0));
            let scene = Scene { at: poll * POLL, desired, active, enqueued, completed, cpu, ..Scene::default() };
            let (decision, next) = decide(&Scene::policy(), &scene.observation(), second(scene.at), state);
            state = next;
            if decision.desired != desired && scene.at > 300 {
                changes.push((scene.at, desired, decision.desired));
            }
            desired = decision.desired;
        }
        assert!(changes.len() <= MOST_CHANGES, "{rate} a second: {changes:?}");
        assert!(f64::from(4 * desired) >= rate * JOB, "{rate} a second: {desired} replicas");
    }
}
