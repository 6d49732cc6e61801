//! `GET /demand/{namespace}/{pipeline}` on the probe port: how many workers a pipeline's queue asks for, for autoscalers of
//! somebody else such as KEDA's `metrics-api` scaler.
//!
//! It is what the pipeline's status says, so that every replica of the operator answers alike, whichever of them leads.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use kube::{Api, Client};
use serde::Serialize;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::{
    api::{ConditionStatus, ProcessingPipeline},
    names::Component,
    scaled,
};

/// Questions that are passed on to the API server at the same time. The port asks nobody who they are.
const AT_ONCE: usize = 4;

/// How many workers a pipeline's queue asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Demand {
    /// Workers that it has.
    current: i32,
    /// Workers that its queue asks for, within the bounds of `spec.autoscaling`.
    recommended: i32,
    /// Why.
    reason: String,
    /// How much the estimates behind it are worth.
    confidence_percent: i32,
}

/// Why it is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Untold {
    /// Nobody has looked at its queue yet.
    NotSeen,
    /// Its queue can't be seen now.
    Stale,
}

#[derive(Clone)]
struct Asker {
    client: Client,
    at_once: Arc<Semaphore>,
}

/// The one route.
pub(crate) fn routes(client: Client) -> Router {
    let asker = Asker { client, at_once: Arc::new(Semaphore::new(AT_ONCE)) };
    Router::new().route("/demand/{namespace}/{pipeline}", get(show)).with_state(asker)
}

async fn show(State(asker): State<Asker>, Path((namespace, name)): Path<(String, String)>) -> Response {
    let Ok(_permit) = asker.at_once.try_acquire() else {
        return refusal(StatusCode::TOO_MANY_REQUESTS, "too many questions at once: ask less often");
    };
    match Api::<ProcessingPipeline>::namespaced(asker.client, &namespace).get_opt(&name).await {
        Ok(Some(pipeline)) => match demand(&pipeline) {
            Ok(demand) => Json(demand).into_response(),
            Err(Untold::NotSeen) => refusal(StatusCode::SERVICE_UNAVAILABLE, "nobody has looked at its queue yet"),
            Err(Untold::Stale) => refusal(StatusCode::SERVICE_UNAVAILABLE, "its queue can't be seen now"),
        },
        Ok(None) => refusal(StatusCode::NOT_FOUND, "there is no such ProcessingPipeline"),
        Err(kube::Error::Api(status)) if status.code == 403 => {
            refusal(StatusCode::NOT_FOUND, "the operator does not look after this namespace")
        }
        Err(error) => {
            tracing::warn!(%error, namespace, name, "the demand of a pipeline can't be told");
            refusal(StatusCode::BAD_GATEWAY, "the API server does not answer")
        }
    }
}

fn refusal(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

/// What a pipeline's status says. An old number is none: whoever scales by it would never know that the queue is not seen.
fn demand(pipeline: &ProcessingPipeline) -> Result<Demand, Untold> {
    let status = pipeline.status.as_ref().ok_or(Untold::NotSeen)?;
    let is_stale =
        status.conditions.iter().any(|told| told.r#type == scaled::FRESH && told.status == ConditionStatus::False);
    if is_stale {
        return Err(Untold::Stale);
    }
    let told = status.scaling.iter().flat_map(|scaling| &scaling.recommendations);
    let told = told.into_iter().find(|told| told.component == Component::Worker.as_str()).ok_or(Untold::NotSeen)?;
    Ok(Demand {
        current: told.current,
        recommended: told.recommended,
        reason: told.reason.clone(),
        confidence_percent: told.confidence_percent,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn told(status: &Value) -> Result<Demand, Untold> {
        let pipeline = json!({
            "apiVersion": "photoplatform.io/v1alpha1", "kind": "ProcessingPipeline", "metadata": {"name": "full"},
            "spec": {"platformRef": {"name": "photos"}, "stages": []}, "status": status,
        });
        demand(&serde_json::from_value(pipeline).unwrap())
    }

    fn status(fresh: &str) -> Value {
        json!({
            "conditions": [{"type": "MetricsFresh", "status": fresh, "reason": "A", "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            "scaling": {"reason": "BacklogDrain", "recommendations": [{"component": "worker", "current": 2,
                "recommended": 6, "reason": "BacklogDrain", "confidencePercent": 60, "impact": "High"}]},
        })
    }

    #[test]
    fn it_is_what_the_status_says_while_the_queue_is_seen() {
        let expected = json!({"current": 2, "recommended": 6, "reason": "BacklogDrain", "confidencePercent": 60});
        assert_eq!(json!(told(&status("True")).unwrap()), expected);
        assert_eq!(told(&status("False")), Err(Untold::Stale));
        assert_eq!(told(&json!({})), Err(Untold::NotSeen));
        assert_eq!(told(&Value::Null), Err(Untold::NotSeen));
    }
}
