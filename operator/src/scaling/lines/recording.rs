//! What was seen and decided, as the lines that would have it decided again. Times are told to the microsecond.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    VERSION,
    line::{DecisionLine, Line, ObservationLine, PodsLine, PolicyLine},
};
use crate::scaling::{Decision, Observation, Policy, QueueSample, Utilization, policy::share};

/// The line that says which policy, with all of its fields.
pub fn init(policy: &Policy) -> Value {
    let line = Line::Init { version: VERSION, policy: Box::new(PolicyLine::from(policy)) };
    json!(line)
}

/// The line of what was seen.
pub fn observation(seen: &Observation, now: Timestamp) -> Value {
    let line = Line::Observation(ObservationLine {
        t: moment(now),
        queue: seen.queue.as_ref().map_or_else(|| json!({"ok": false, "observed_at": null}), sample),
        pods: PodsLine {
            desired: seen.pods.desired,
            ready: seen.pods.ready,
            starting: seen.pods.starting,
            idle: seen.pods.idle,
            startup_s: seen.pods.startup.map(|startup| startup.as_secs_f64()),
        },
        cpu: used(seen.cpu.as_ref()),
        memory: used(seen.memory.as_ref()),
    });
    json!(line)
}

/// The line of what was decided.
pub fn decision(decided: &Decision) -> Value {
    json!(DecisionLine::from(decided))
}

/// All three as one text: `{"init": …, "observation": …, "decision": …}`.
pub fn recording(policy: &Policy, seen: &Observation, now: Timestamp, decided: &Decision) -> String {
    json!({"init": init(policy), "observation": observation(seen, now), "decision": decision(decided)}).to_string()
}

impl From<&Policy> for PolicyLine {
    fn from(policy: &Policy) -> Self {
        Self {
            min_replicas: Some(policy.min_replicas.into()),
            max_replicas: Some(policy.max_replicas.into()),
            scale_up_cooldown: Some(policy.scale_up_cooldown.as_secs_f64()),
            scale_down_cooldown: Some(policy.scale_down_cooldown.as_secs_f64()),
            target_cpu: Some(policy.target_cpu_percent.map_or(0.0, f64::from)),
            target_memory_utilization: Some(policy.target_memory_percent.map_or(0.0, f64::from)),
            queue_wait_slo: Some(policy.wait_slo.as_secs_f64()),
            wait_budget: Some(share(policy.wait_budget_percent)),
            utilization_up: Some(share(policy.utilization_up_percent)),
            utilization_down: Some(share(policy.utilization_down_percent)),
            fast_window: Some(policy.fast_window.as_secs_f64()),
            slow_window: Some(policy.slow_window.as_secs_f64()),
            poll_interval: Some(policy.poll_period.as_secs_f64()),
            stale_after: Some(policy.stale_after.as_secs_f64()),
            anomaly_hold: Some(policy.anomaly_hold.as_secs_f64()),
            scale_to_zero_after: Some(policy.scale_to_zero_after.as_secs_f64()),
            scale_down_step: Some(share(policy.scale_down_step_percent)),
            startup_seconds: Some(policy.startup.as_secs_f64()),
            expected_job_seconds: Some(policy.expected_job.as_secs_f64()),
            concurrency: Some(policy.concurrency.into()),
            termination_grace: Some(policy.termination_grace.as_secs_f64()),
            fallback_replicas: policy.fallback.map(|fallback| fallback.replicas.into()),
            fallback_after: policy.fallback.map(|fallback| fallback.after.as_secs_f64()),
        }
    }
}

fn sample(sample: &QueueSample) -> Value {
    json!({
        "ok": true,
        "observed_at": moment(sample.at),
        "waiting": sample.waiting,
        "active": sample.active,
        "oldest_wait_s": sample.oldest_wait.as_secs_f64(),
        "enqueued_total": sample.counters.enqueued,
        "completed_total": sample.counters.completed,
        "busy_seconds_total": sample.counters.busy.as_secs_f64(),
    })
}

fn used(used: Option<&Utilization>) -> Value {
    json!({
        "ok": used.is_some(),
        "utilization": used.map(|used| used.share),
        "observed_at": used.map(|used| moment(used.at)),
    })
}

/// Seconds since the epoch.
fn moment(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use super::*;
    use crate::scaling::{
        Counters, Fallback, Pods, PolicyFields, State, decide,
        lines::{Dialogue, reading, settings},
        scene::{Scene, second},
    };

    /// Some day, in seconds since the epoch.
    const DAY: i64 = 1_795_000_000;

    /// No field is as it is by default.
    fn other_policy() -> Policy {
        let fields = PolicyFields {
            min_replicas: 0,
            max_replicas: 7,
            scale_up_cooldown: Duration::from_secs(3),
            scale_down_cooldown: Duration::from_secs(50),
            target_cpu_percent: None,
            target_memory_percent: Some(29),
            wait_slo: Duration::from_millis(20_500),
            wait_budget_percent: 57,
            utilization_up_percent: 58,
            utilization_down_percent: 29,
            fast_window: Duration::from_secs(6),
            slow_window: Duration::from_secs(70),
            poll_period: Duration::from_secs(2),
            stale_after: Duration::from_secs(10),
            anomaly_hold: Duration::from_secs(100),
            scale_to_zero_after: Duration::from_secs(5),
            scale_down_step_percent: 7,
            startup: Duration::from_millis(1234),
            expected_job: Duration::from_millis(333),
            concurrency: 1,
            termination_grace: Duration::from_secs(135),
            fallback: Some(Fallback { replicas: 4, after: Duration::from_secs(90) }),
        };
        Policy::new(fields).unwrap()
    }

    fn full_observation(now: Timestamp) -> Observation {
        let at = Timestamp::from_microsecond(now.as_microsecond() - 250_003).unwrap();
        let counters = Counters { enqueued: 1000, completed: 757, busy: Duration::new(1514, 300_000_001) };
        let oldest_wait = Duration::from_secs(12);
        Observation {
            queue: Some(QueueSample { at, waiting: 240, active: 3, oldest_wait, counters }),
            pods: Pods { desired: 3, ready: 2, starting: 1, idle: 1, startup: Some(Duration::from_secs(25) / 3) },
            cpu: Some(Utilization { share: 0.97, at }),
            memory: Some(Utilization { share: 0.5, at }),
        }
    }

    fn read(line: &Value) -> Line {
        serde_json::from_str(&line.to_string()).unwrap()
    }

    #[test]
    fn a_policy_is_read_as_it_was_written() {
        for policy in [Scene::policy(), other_policy()] {
            let Line::Init { version: VERSION, policy: line } = read(&init(&policy)) else { panic!("another line") };
            assert_eq!(settings::policy(&line).unwrap(), policy);
        }
    }

    #[test]
    fn every_field_of_a_policy_is_written() {
        let (default, other) = (init(&Scene::policy()), init(&other_policy()));
        for (field, value) in other["policy"].as_object().unwrap() {
            assert_ne!(*value, default["policy"][field], "{field}");
        }
        assert_eq!(other["policy"]["targetCPUUtilization"], json!(0.0));
    }

    #[test]
    fn an_observation_is_read_as_it_was_written() {
        let now = Timestamp::from_microsecond(DAY * 1_000_000 + 123_457).unwrap();
        let full = full_observation(now);
        let started_within = |startup| Pods { startup, ..full.pods.clone() };
        let observations = [
            full.clone(),
            Observation { queue: None, ..full.clone() },
            Observation { cpu: None, ..full.clone() },
            Observation { memory: None, ..full.clone() },
            Observation { pods: started_within(None), ..full.clone() },
            Observation { pods: started_within(Some(Duration::ZERO)), ..full.clone() },
        ];
        for seen in observations {
            let Line::Observation(line) = read(&observation(&seen, now)) else { panic!("another line") };
            assert_eq!(reading::observation(&line), seen);
            assert_eq!(reading::moment(line.t), Some(now));
        }
    }

    #[test]
    fn what_is_not_known_is_written_as_missing() {
        let seen = observation(&Scene::unseen().observation(), second(DAY));
        assert_eq!(seen["queue"], json!({"ok": false, "observed_at": null}));
        for used in ["cpu", "memory"] {
            assert_eq!(seen[used], json!({"ok": false, "utilization": null, "observed_at": null}), "{used}");
        }
    }

    #[test]
    fn what_was_recorded_is_decided_again() {
        let policy = other_policy();
        let (mut dialogue, mut state, mut desired) = (Dialogue::default(), State::default(), 0);
        let mut fleets = BTreeSet::new();
        assert_eq!(dialogue.answer(&init(&policy).to_string()).unwrap(), None);
        for poll in 0..100_i64 {
            let (enqueued, completed) = (20 * poll.min(10).unsigned_abs(), 10 * poll.min(20).unsigned_abs());
            let scene = Scene {
                at: DAY + 2 * poll,
                is_seen: poll % 7 != 3,
                desired,
                idle: desired,
                waiting: enqueued - completed,
                enqueued,
                completed,
                cpu: (poll % 5 != 0).then_some(0.9),
                ..Scene::default()
            };
            let (seen, now) = (scene.observation(), second(scene.at));
            let (decided, next) = decide(&policy, &seen, now, state);
            (state, desired) = (next, decided.desired);
            fleets.insert(desired);
            let line: Value = serde_json::from_str(&recording(&policy, &seen, now, &decided)).unwrap();
            let answer = dialogue.answer(&line["observation"].to_string()).unwrap().unwrap();
            assert_eq!(serde_json::from_str::<Value>(&answer).unwrap(), line["decision"]);
            assert_eq!((&line["init"], &line["decision"]["desired"]), (&init(&policy), &json!(desired)));
        }
        assert!(fleets.len() > 1, "{fleets:?}");
    }
}
