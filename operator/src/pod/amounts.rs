//! What containers get.

use k8s_openapi::{api::core::v1::ResourceRequirements, apimachinery::pkg::api::resource::Quantity};

use crate::{
    amount::{Amount, InvalidAmount},
    api::{Amounts, Resources},
};

/// What a container gets where nobody says. There is no limit of processor time: it is shared by what containers ask for,
/// and a limit only makes bursts slow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// Processor time that is kept free for it.
    pub cpu: String,
    /// Memory that is kept free for it.
    pub memory: String,
    /// Memory that it may not exceed.
    pub memory_limit: String,
}

impl Defaults {
    /// So much of each.
    pub fn of(cpu: &str, memory: &str, memory_limit: &str) -> Self {
        let [cpu, memory, memory_limit] = [cpu, memory, memory_limit].map(str::to_owned);
        Self { cpu, memory, memory_limit }
    }

    fn resources(&self) -> Resources {
        let quantity = |text: &String| Some(Quantity(text.clone()));
        Resources {
            requests: Some(Amounts { cpu: quantity(&self.cpu), memory: quantity(&self.memory) }),
            limits: Some(Amounts { cpu: None, memory: quantity(&self.memory_limit) }),
        }
    }
}

/// What a container gets: what `own` names, else the default. A default never contradicts what is named: no request is
/// above its limit.
///
/// # Errors
/// An amount that is none.
pub fn fitted(own: Option<&Resources>, defaults: &Defaults) -> Result<ResourceRequirements, InvalidAmount> {
    let (own, defaults) = (own.cloned().unwrap_or_default(), defaults.resources());
    let mut fitted = own.over(&defaults);
    let named_limits = own.limits.unwrap_or_default();
    let (Some(requests), Some(limits)) = (&mut fitted.requests, &mut fitted.limits) else { return Ok(fitted) };
    for (name, named_limit) in [("cpu", named_limits.cpu), ("memory", named_limits.memory)] {
        let (Some(request), Some(limit)) = (requests.get_mut(name), limits.get_mut(name)) else { continue };
        if Amount::of(request)? > Amount::of(limit)? {
            match named_limit {
                Some(named) => *request = named,
                None => limit.clone_from(request),
            }
        }
    }
    Ok(fitted)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn memory(own: serde_json::Value) -> [String; 2] {
        let own: Resources = serde_json::from_value(own).unwrap();
        let fitted = fitted(Some(&own), &Defaults::of("100m", "128Mi", "512Mi")).unwrap();
        [fitted.requests, fitted.limits].map(|amounts| amounts.unwrap()["memory"].0.clone())
    }

    #[test]
    fn a_default_gives_way_to_what_is_named() {
        assert_eq!(memory(json!({})), ["128Mi", "512Mi"]);
        assert_eq!(memory(json!({"requests": {"memory": "2Gi"}})), ["2Gi", "2Gi"]);
        assert_eq!(memory(json!({"limits": {"memory": "64Mi"}})), ["64Mi", "64Mi"]);
        assert_eq!(memory(json!({"requests": {"memory": "1Gi"}, "limits": {"memory": "4Gi"}})), ["1Gi", "4Gi"]);
    }

    #[test]
    fn processor_time_has_no_limit_unless_one_is_named() {
        let defaults = Defaults::of("100m", "128Mi", "512Mi");
        assert!(!fitted(None, &defaults).unwrap().limits.unwrap().contains_key("cpu"));
        let own = serde_json::from_value(json!({"limits": {"cpu": "50m"}})).unwrap();
        let fitted = fitted(Some(&own), &defaults).unwrap();
        assert_eq!(fitted.requests.unwrap()["cpu"].0, "50m", "a request above its limit is refused by the API server");
    }
}
