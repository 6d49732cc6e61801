//! The policy as a program: an observation per line of JSON in, a decision per line out. What speaks to it is `tests/scaling`.
//! What an operator has seen is written as the same lines, so that it can be told again.

mod line;
mod reading;
mod recording;
mod settings;

use super::{Policy, State, decide};
use line::{DecisionLine, Line};

pub use recording::{decision, init, observation, recording};
pub use settings::SettingsRefused;

/// The version of the lines.
const VERSION: u32 = 1;

/// A pipeline's policy and what it remembers, once the first line has said which policy.
#[derive(Debug, Default)]
pub struct Dialogue(Option<(Policy, State)>);

/// A line that has no answer. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum LineRefused {
    /// It is no line of this dialogue.
    #[error("it is not what it should be, `init` or `observation` as tests/scaling/README.md has them: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The other side speaks another version.
    #[error("it is version {0}, and this program speaks only version {VERSION}")]
    Version(u32),
    /// An observation before the first line.
    #[error("the first line has to be `init`, with the policy")]
    NoPolicy,
    /// A second first line.
    #[error("`init` was there already: start the program anew for another policy")]
    SecondPolicy,
    /// The policy makes no sense.
    #[error(transparent)]
    Settings(#[from] SettingsRefused),
    /// The time is no time.
    #[error("`t` is {0}: give seconds, 0 or more")]
    Time(f64),
}

impl Dialogue {
    /// The answer to a line, as a line without its end; `None` where it needs no answer.
    pub fn answer(&mut self, line: &str) -> Result<Option<String>, LineRefused> {
        match serde_json::from_str(line)? {
            Line::Init { version: VERSION, .. } if self.0.is_some() => Err(LineRefused::SecondPolicy),
            Line::Init { version: VERSION, policy } => {
                self.0 = Some((settings::policy(&policy)?, State::default()));
                Ok(None)
            }
            Line::Init { version, .. } => Err(LineRefused::Version(version)),
            Line::Observation(observation) => {
                let (policy, state) = self.0.as_mut().ok_or(LineRefused::NoPolicy)?;
                let now = reading::moment(observation.t).ok_or(LineRefused::Time(observation.t))?;
                let (decision, next) = decide(policy, &reading::observation(&observation), now, std::mem::take(state));
                *state = next;
                Ok(Some(serde_json::to_string(&DecisionLine::from(&decision))?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn init() -> String {
        json!({"type": "init", "version": 1, "policy": {"minReplicas": 0, "queueWaitSlo": 30.0}}).to_string()
    }

    fn observation() -> Value {
        json!({
            "type": "observation", "t": 5.0,
            "queue": {"ok": true, "observed_at": 5.0, "waiting": 240, "active": 0, "oldest_wait_s": 0.0,
                "enqueued_total": 240, "completed_total": 0, "busy_seconds_total": 0.0},
            "pods": {"desired": 0, "ready": 0, "starting": 0, "idle": 0, "startup_s": null},
            "cpu": {"ok": false, "utilization": null, "observed_at": null},
            "memory": {"ok": false, "utilization": null, "observed_at": null},
        })
    }

    fn answered(observation: &Value) -> Value {
        let mut dialogue = Dialogue::default();
        assert_eq!(dialogue.answer(&init()).unwrap(), None);
        serde_json::from_str(&dialogue.answer(&observation.to_string()).unwrap().unwrap()).unwrap()
    }

    fn refused(lines: &[&str]) -> String {
        let mut dialogue = Dialogue::default();
        lines.iter().find_map(|line| dialogue.answer(line).err()).unwrap().to_string()
    }

    #[test]
    fn an_observation_is_answered_by_a_decision() {
        let decision = json!({"desired": 14, "reason": "BacklogDrain", "confidence": 0.0, "impact": "high",
            "recommended": 14, "projected_wait_s": 240.0});
        assert_eq!(answered(&observation()), decision);
    }

    #[test]
    fn what_the_queue_can_not_say_is_a_missing_sample() {
        for (field, value) in [
            ("ok", json!(false)),
            ("ok", json!(null)),
            ("observed_at", json!(1e12)),
            ("observed_at", json!(-5)),
            ("waiting", json!(-1)),
            ("waiting", json!(null)),
            ("active", json!("many")),
            ("enqueued_total", json!(1e300)),
            ("busy_seconds_total", json!(-0.5)),
        ] {
            let mut observation = observation();
            observation["queue"][field] = value.clone();
            assert_eq!(answered(&observation)["reason"], "MetricsStale", "{field}: {value}");
        }
        let mut without = observation();
        without.as_object_mut().unwrap().remove("queue");
        assert_eq!(answered(&without)["reason"], "MetricsStale");
    }

    #[test]
    fn a_line_that_has_no_answer_says_what_is_wrong() {
        assert!(refused(&["{"]).starts_with("it is not what it should be"));
        assert!(refused(&[r#"{"type":"other"}"#]).contains("unknown variant `other`"));
        assert!(refused(&[r#"{"type":"init","version":2,"policy":{}}"#]).contains("version 2"));
        assert!(refused(&[&observation().to_string()]).contains("first line has to be `init`"));
        assert!(refused(&[&init(), &init()]).contains("`init` was there already"));
        let mut timeless = observation();
        timeless["t"] = json!(-1);
        assert!(refused(&[&init(), &timeless.to_string()]).contains("`t` is -1"));
        let mut podless = observation();
        podless["pods"]["desired"] = json!(-1);
        assert!(refused(&[&init(), &podless.to_string()]).contains("-1"));
    }
}
