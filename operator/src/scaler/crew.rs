//! Pods that are scaled, as the cluster shows them: pure.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use crate::{cluster::DELETION_COST, scaling::Pods};

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) is_ready: bool,
    pub(super) created: Option<Timestamp>,
    /// From its creation until it was ready, where its container never ended.
    pub(super) startup: Option<Duration>,
    /// The lower, the sooner it goes when there are to be fewer; 0 unless somebody noted another.
    pub(super) deletion_cost: i32,
    /// Where it is reached, once it has an address.
    pub(super) address: Option<String>,
}

impl Member {
    /// That pod, unless it is on its way out.
    pub(super) fn of(pod: &Pod) -> Option<Self> {
        let status = pod.status.as_ref();
        let has_ended = matches!(status.and_then(|status| status.phase.as_deref()), Some("Failed" | "Succeeded"));
        if pod.metadata.deletion_timestamp.is_some() || has_ended {
            return None;
        }
        let conditions = status.iter().flat_map(|status| status.conditions.iter().flatten());
        let ready = conditions.into_iter().find(|condition| condition.type_ == "Ready" && condition.status == "True");
        let containers = status.iter().flat_map(|status| status.container_statuses.iter().flatten());
        let has_restarted = containers.into_iter().any(|container| container.restart_count > 0);
        let created = pod.creation_timestamp().map(|time| time.0);
        let ready_at = ready.and_then(|ready| ready.last_transition_time.as_ref()).map(|time| time.0);
        let startup = created.zip(ready_at).filter(|_| !has_restarted);
        let noted = pod.annotations().get(DELETION_COST).and_then(|cost| cost.parse().ok());
        Some(Self {
            name: pod.name_any(),
            uid: pod.uid().unwrap_or_default(),
            is_ready: ready.is_some(),
            created,
            startup: startup.and_then(|(created, ready)| Duration::try_from(ready.duration_since(created)).ok()),
            deletion_cost: noted.unwrap_or_default(),
            address: status.and_then(|status| status.pod_ip.clone()),
        })
    }
}

/// The workers of a pipeline, with who is busy.
#[derive(Debug, Clone, Default)]
pub(super) struct Crew {
    pub(super) members: Vec<Member>,
    /// How many jobs the workers of these names have, where the queue was seen.
    pub(super) busy: BTreeMap<String, u64>,
    /// Jobs of workers that did not tell their names.
    pub(super) unnamed: u64,
}

impl Crew {
    /// The numbers that a decision goes by. Each job of nobody keeps one worker from counting as idle.
    pub(super) fn pods(&self, desired: u32, startup: Option<Duration>) -> Pods {
        let count = |members: usize| u32::try_from(members).unwrap_or(u32::MAX);
        let ready = self.members.iter().filter(|member| member.is_ready).count();
        let idle = count(self.idle().count());
        Pods {
            desired,
            ready: count(ready),
            starting: count(self.members.len() - ready),
            idle: idle.saturating_sub(u32::try_from(self.unnamed).unwrap_or(u32::MAX)),
            startup,
        }
    }

    /// What to note on whom before so many go: idle ones, the newest before the oldest.
    pub(super) fn deletion_costs(&self, leaving: u32) -> BTreeMap<&str, i32> {
        let mut idle: Vec<&Member> = self.idle().collect();
        idle.sort_by(|one, other| (other.created, &other.name).cmp(&(one.created, &one.name)));
        deletion_costs(&self.members, &idle, leaving)
    }

    fn idle(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_ready && !self.busy.contains_key(&member.name))
    }
}

/// What to note on whom before so many go, so that `first` do in that order: pods that are not ready go before them by
/// themselves. Everybody else counts as before; only what differs is returned, by name. Where all go, there is nothing to
/// choose.
pub(super) fn deletion_costs<'a>(members: &'a [Member], first: &[&Member], leaving: u32) -> BTreeMap<&'a str, i32> {
    /// That of those who are to go. Any number below 0 does.
    const GOES: i32 = -100;
    let leaving = usize::try_from(leaving).unwrap_or(usize::MAX);
    if leaving == 0 || leaving >= members.len() {
        return BTreeMap::new();
    }
    let starting = members.iter().filter(|member| !member.is_ready).count();
    let going = || first.iter().take(leaving.saturating_sub(starting));
    let cost = |member: &Member| if going().any(|leaving| leaving.name == member.name) { GOES } else { 0 };
    let costs = members.iter().map(|member| (member, cost(member)));
    costs.filter(|(member, cost)| member.deletion_cost != *cost).map(|(member, cost)| (&*member.name, cost)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn member(name: &str, is_ready: bool) -> Member {
        let created = Timestamp::from_second(i64::from(name.as_bytes()[0])).ok();
        Member { name: name.to_owned(), is_ready, created, ..Member::default() }
    }

    fn crew() -> Crew {
        let members = vec![member("a", true), member("b", true), member("c", true), member("d", false)];
        Crew { members, busy: [("b".to_owned(), 2)].into(), unnamed: 0 }
    }

    #[test]
    fn idle_are_those_that_are_ready_and_have_no_job() {
        let seen = |crew: &Crew| {
            let pods = crew.pods(5, None);
            [pods.desired, pods.ready, pods.starting, pods.idle]
        };
        assert_eq!(seen(&crew()), [5, 3, 1, 2]);
        assert_eq!(seen(&Crew { unnamed: 1, ..crew() }), [5, 3, 1, 1]);
        assert_eq!(seen(&Crew { unnamed: 9, ..crew() }), [5, 3, 1, 0]);
    }

    #[test]
    fn the_newest_idle_go_after_those_that_are_not_ready() {
        assert_eq!(crew().deletion_costs(1), [].into());
        assert_eq!(crew().deletion_costs(2), [("c", -100)].into());
        assert_eq!(crew().deletion_costs(3), [("a", -100), ("c", -100)].into());
        assert_eq!(crew().deletion_costs(4), [].into(), "all go");
        let mut noted = crew();
        noted.members[1].deletion_cost = -100;
        noted.members[2].deletion_cost = -100;
        assert_eq!(noted.deletion_costs(2), [("b", 0)].into(), "it has got a job since");
    }

    fn read(status: &Value, metadata: &Value) -> Option<Member> {
        let mut pod = json!({"metadata": {"name": "a", "uid": "1", "creationTimestamp": "2026-11-21T10:00:00Z"}});
        pod["metadata"].as_object_mut().unwrap().extend(metadata.as_object().unwrap().clone());
        pod["status"] = status.clone();
        Member::of(&serde_json::from_value(pod).unwrap())
    }

    #[test]
    fn a_pod_is_read_as_a_worker() {
        let status = |restarts: u32| {
            json!({
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-21T10:00:07Z"}],
                "containerStatuses": [{"name": "worker", "image": "i", "imageID": "i", "ready": true, "restartCount": restarts}],
            })
        };
        let ready = read(&status(0), &json!({"annotations": {DELETION_COST: "-100"}})).unwrap();
        assert_eq!((ready.is_ready, ready.startup, ready.deletion_cost), (true, Some(Duration::from_secs(7)), -100));
        let restarted = read(&status(1), &json!({})).unwrap();
        assert_eq!((restarted.is_ready, restarted.startup, restarted.deletion_cost), (true, None, 0));
        let starting = read(&json!({"phase": "Pending"}), &json!({})).unwrap();
        assert_eq!((starting.is_ready, starting.startup), (false, None));
        assert_eq!(read(&json!({"phase": "Failed"}), &json!({})), None);
        assert_eq!(read(&status(0), &json!({"deletionTimestamp": "2026-11-21T11:00:00Z"})), None);
    }
}
