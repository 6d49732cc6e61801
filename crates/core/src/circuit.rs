//! When a dependency that failed is asked again, as a pure state machine: while it is away nobody asks but one probe at a
//! time, after waits that grow.

use std::time::Duration;

use crate::backoff::Backoff;

/// The circuit of one dependency. Times are what a clock shows that never goes back, since any moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circuit {
    backoff: Backoff,
    state: State,
    /// The number of the state: what was allowed in an earlier one says nothing about this one.
    turn: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It answers: everybody may ask.
    Closed,
    /// It does not: nobody may ask before that time.
    Open { failures: u32, until: Duration },
    /// One probe is under way.
    HalfOpen { failures: u32 },
}

/// Leave to ask once. To be handed back with what became of it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a probe that is not settled keeps the circuit half-open"]
pub struct Permit(u64);

/// Whether somebody may ask.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes; where the circuit is not closed it is the one probe.
    Admitted(Permit),
    /// No, try again after that time; none where it is the probe's answer that decides.
    Refused(Option<Duration>),
}

impl Circuit {
    /// Of a dependency that nothing is known of yet: the first to ask is a probe.
    pub fn new(backoff: Backoff) -> Self {
        Self { backoff, state: State::Open { failures: 0, until: Duration::ZERO }, turn: 0 }
    }

    /// Whether everybody may ask.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Asks for leave.
    pub fn admit(&mut self, now: Duration) -> Admission {
        match self.state {
            State::Closed => Admission::Admitted(Permit(self.turn)),
            State::HalfOpen { .. } => Admission::Refused(None),
            State::Open { until, .. } if now < until => Admission::Refused(Some(until.saturating_sub(now))),
            State::Open { failures, .. } => {
                self.enter(State::HalfOpen { failures });
                Admission::Admitted(Permit(self.turn))
            }
        }
    }

    /// What became of it. `random` in 0..1 spreads the waits, so that many who lost the same dependency don't return
    /// together. What was allowed before the circuit changed is ignored: its answer is old.
    #[expect(clippy::needless_pass_by_value, reason = "leave is used up: nobody settles it twice")]
    pub fn settle(&mut self, permit: Permit, answered: bool, now: Duration, random: f64) {
        let Permit(turn) = permit;
        if turn != self.turn {
            return;
        }
        let failures = match self.state {
            State::Closed | State::Open { .. } => 1,
            State::HalfOpen { failures } => failures.saturating_add(1),
        };
        match (answered, self.state) {
            (true, State::Closed) => {}
            (true, State::Open { .. } | State::HalfOpen { .. }) => self.enter(State::Closed),
            (false, _) => {
                let wait = self.backoff.ceiling(failures).mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0);
                self.enter(State::Open { failures, until: now.saturating_add(wait) });
            }
        }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.turn += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BACKOFF: Backoff = Backoff { base: Duration::from_secs(1), max: Duration::from_secs(4) };

    fn admitted(circuit: &mut Circuit, now: Duration) -> Option<Permit> {
        match circuit.admit(now) {
            Admission::Admitted(permit) => Some(permit),
            Admission::Refused(_) => None,
        }
    }

    #[test]
    fn a_half_open_circuit_lets_one_probe_through() {
        let mut circuit = Circuit::new(BACKOFF);
        let probe = admitted(&mut circuit, Duration::ZERO).unwrap();
        assert_eq!(circuit.admit(Duration::from_hours(1)), Admission::Refused(None), "however long it takes");
        circuit.settle(probe, true, Duration::ZERO, 0.0);
        assert!(circuit.is_closed());
        let (first, second) = (admitted(&mut circuit, Duration::ZERO), admitted(&mut circuit, Duration::ZERO));
        circuit.settle(first.unwrap(), false, Duration::ZERO, 1.0);
        assert_eq!(circuit.admit(Duration::from_millis(999)), Admission::Refused(Some(Duration::from_millis(1))));
        circuit.settle(second.unwrap(), true, Duration::from_millis(999), 0.0);
        assert!(!circuit.is_closed(), "an old answer closes nothing");
        assert!(admitted(&mut circuit, Duration::from_secs(1)).is_some());
        assert!(admitted(&mut circuit, Duration::from_secs(1)).is_none());
    }

    #[test]
    fn waits_grow_while_probes_fail_and_begin_anew_after_one_that_did_not() {
        let (mut circuit, mut now) = (Circuit::new(BACKOFF), Duration::ZERO);
        let mut fail = |circuit: &mut Circuit| {
            let probe = admitted(circuit, now).unwrap();
            circuit.settle(probe, false, now, 1.0);
            let Admission::Refused(Some(wait)) = circuit.admit(now) else { panic!("it is open") };
            now += wait;
            wait.as_secs()
        };
        let waits: Vec<u64> = (0..4).map(|_| fail(&mut circuit)).collect();
        assert_eq!(waits, [1, 2, 4, 4]);
        let probe = admitted(&mut circuit, Duration::from_hours(1)).unwrap();
        circuit.settle(probe, true, Duration::ZERO, 1.0);
        assert_eq!(fail(&mut circuit), 1);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Admit,
        Settle { which: usize, answered: bool },
        Wait(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let settle = (0_usize..8, any::<bool>()).prop_map(|(which, answered)| Step::Settle { which, answered });
        let wait = (0_u64..3000).prop_map(Step::Wait);
        proptest::collection::vec(prop_oneof![Just(Step::Admit), settle, wait], 1..120)
    }

    proptest! {
        #[test]
        fn in_any_order_of_calls_one_probe_at_most_is_under_way_while_it_is_not_closed(
            steps in steps(), random in 0.0_f64..1.0,
        ) {
            let (mut circuit, mut now) = (Circuit::new(BACKOFF), Duration::ZERO);
            // Leave that was given, and whether it was given to a probe of the present turn.
            let mut under_way: Vec<Permit> = Vec::new();
            for step in steps {
                let was_closed = circuit.is_closed();
                match step {
                    Step::Wait(milliseconds) => now += Duration::from_millis(milliseconds),
                    Step::Admit => {
                        let probing = under_way.iter().any(|permit| permit.0 == circuit.turn) && !was_closed;
                        match circuit.admit(now) {
                            Admission::Admitted(permit) => {
                                prop_assert!(!probing, "a second probe");
                                under_way.push(permit);
                            }
                            Admission::Refused(wait) => {
                                prop_assert!(!was_closed);
                                prop_assert_eq!(wait.is_none(), probing, "it waits for the probe, or for a time");
                                prop_assert!(wait.is_none_or(|wait| wait <= BACKOFF.max));
                            }
                        }
                    }
                    Step::Settle { which, answered } if !under_way.is_empty() => {
                        let permit = under_way.remove(which % under_way.len());
                        let is_present = permit.0 == circuit.turn;
                        circuit.settle(permit, answered, now, random);
                        prop_assert_eq!(circuit.is_closed(), if is_present { answered } else { was_closed });
                    }
                    Step::Settle { .. } => {}
                }
            }
        }
    }
}
