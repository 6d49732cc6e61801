//! How much of what they may use workers use: pure.

use std::collections::BTreeSet;

use k8s_openapi::{
    api::{apps::v1::Deployment, core::v1::Container},
    apimachinery::pkg::api::resource::Quantity,
};

use super::crew::Member;
use crate::{amount::Amount, cluster::PodUse, scaling::Utilization};

/// What use there was, each absent where it was not measured or has no measure.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Usage {
    /// Processor time, of what workers request.
    pub(super) cpu: Option<Utilization>,
    /// Memory, of their limit, or where they have none of what they request.
    pub(super) memory: Option<Utilization>,
}

impl Usage {
    /// The mean over the workers that are ready and were measured, as old as the oldest measurement.
    pub(super) fn of(deployment: &Deployment, members: &[Member], measured: &[PodUse]) -> Self {
        let ready: BTreeSet<&str> =
            members.iter().filter(|member| member.is_ready).map(|member| member.name.as_str()).collect();
        let pods: Vec<&PodUse> = measured.iter().filter(|pod| ready.contains(pod.pod.as_str())).collect();
        let Some(at) = pods.iter().map(|pod| pod.at).min() else { return Self::default() };
        let utilization = |used: fn(&PodUse) -> Amount, allowed: Option<Amount>| {
            let used: Amount = pods.iter().map(|pod| used(pod)).sum();
            let allowed: Amount = pods.iter().map(|_| allowed).sum::<Option<Amount>>()?;
            Some(Utilization { share: used.share_of(allowed)?, at })
        };
        Self {
            cpu: utilization(|pod| pod.cpu, allowed(deployment, |container| requested(container, "cpu"))),
            memory: utilization(
                |pod| pod.memory,
                allowed(deployment, |container| limit(container, "memory").or_else(|| requested(container, "memory"))),
            ),
        }
    }
}

/// What all containers of a pod may use; `None` where one of them does not say.
fn allowed(deployment: &Deployment, of: fn(&Container) -> Option<&Quantity>) -> Option<Amount> {
    let pod = deployment.spec.as_ref()?.template.spec.as_ref()?;
    pod.containers.iter().map(|container| Amount::of(of(container)?).ok()).sum()
}

fn requested<'a>(container: &'a Container, resource: &str) -> Option<&'a Quantity> {
    container.resources.as_ref()?.requests.as_ref()?.get(resource)
}

fn limit<'a>(container: &'a Container, resource: &str) -> Option<&'a Quantity> {
    container.resources.as_ref()?.limits.as_ref()?.get(resource)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    fn amount(text: &str) -> Amount {
        Amount::of(&Quantity(text.to_owned())).unwrap()
    }

    fn used(pod: &str, second: i64, cpu: &str, memory: &str) -> PodUse {
        let at = Timestamp::from_second(second).unwrap();
        PodUse { pod: pod.to_owned(), at, cpu: amount(cpu), memory: amount(memory) }
    }

    fn shares(resources: &Value, measured: &[PodUse]) -> [Option<f64>; 2] {
        let container = json!({"name": "worker", "resources": resources});
        let deployment = json!({"spec": {"selector": {}, "template": {"spec": {"containers": [container]}}}});
        let member = |name: &str, is_ready| Member { name: name.to_owned(), is_ready, ..Member::default() };
        let members = [member("a", true), member("b", true), member("starting", false)];
        let usage = Usage::of(&serde_json::from_value(deployment).unwrap(), &members, measured);
        [usage.cpu, usage.memory].map(|found| found.map(|found| found.share))
    }

    #[test]
    fn it_is_the_mean_of_those_that_work() {
        let resources = json!({"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}});
        let measured = [used("a", 5, "500m", "1Gi"), used("b", 9, "250m", "1Gi"), used("starting", 1, "9", "9Gi")];
        assert_eq!(shares(&resources, &measured), [Some(0.75), Some(0.5)]);
        assert_eq!(shares(&resources, &measured[..1]), [Some(1.0), Some(0.5)]);
        assert_eq!(shares(&resources, &measured[2..]), [None, None]);
        assert_eq!(shares(&json!({"requests": {"memory": "1Gi"}}), &measured), [None, Some(1.0)]);
    }
}
