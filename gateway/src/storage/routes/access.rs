//! Who may call which endpoint. A token that proves nothing gets 401, a role without the right 403.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, header::AUTHORIZATION},
    middleware::Next,
    response::Response,
};
use photo_adapters::service_token::{CallerRole, ServiceTokenVerifier};

use super::problem::Problem;

/// The roles that may call an endpoint.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) method: Method,
    /// As the router has it.
    pub(super) path: &'static str,
    pub(super) roles: &'static [CallerRole],
}

/// The whole table. An endpoint that is missing here is refused to everybody.
pub(super) const TABLE: &[Access] = &[
    Access { method: Method::POST, path: "/internal/photos", roles: &[CallerRole::Api] },
    Access { method: Method::POST, path: "/internal/photos/reprocess", roles: &[CallerRole::Api] },
    Access { method: Method::GET, path: "/internal/photos/{id}/runs/{run}/live", roles: &[CallerRole::Worker] },
    Access { method: Method::GET, path: "/internal/users/{owner}/photos", roles: &[CallerRole::Api] },
    Access {
        method: Method::GET,
        path: "/internal/users/{owner}/photos/{id}",
        roles: &[CallerRole::Api, CallerRole::Events],
    },
    Access { method: Method::DELETE, path: "/internal/users/{owner}/photos/{id}", roles: &[CallerRole::Api] },
    Access { method: Method::POST, path: "/internal/users/{owner}/photos/{id}/cancel", roles: &[CallerRole::Api] },
    Access { method: Method::GET, path: "/internal/users/{owner}/photos/{id}/log", roles: &[CallerRole::Api] },
    Access { method: Method::POST, path: "/internal/runs/begin", roles: &[CallerRole::Worker] },
    Access { method: Method::POST, path: "/internal/runs/finish", roles: &[CallerRole::Worker] },
    Access { method: Method::POST, path: "/internal/runs/fail", roles: &[CallerRole::Worker] },
    Access { method: Method::GET, path: "/internal/dead-letters", roles: &[CallerRole::Api] },
    Access { method: Method::GET, path: "/internal/dead-letters/{id}", roles: &[CallerRole::Api] },
    Access { method: Method::POST, path: "/internal/dead-letters/retry", roles: &[CallerRole::Api] },
    Access { method: Method::POST, path: "/internal/dead-letters/retry-page", roles: &[CallerRole::Api] },
    Access { method: Method::POST, path: "/internal/dead-letters/discard", roles: &[CallerRole::Api] },
    Access { method: Method::GET, path: "/internal/consistency", roles: &[CallerRole::Api, CallerRole::Operator] },
    Access { method: Method::GET, path: "/internal/pipelines", roles: &[CallerRole::Api, CallerRole::Operator] },
    Access { method: Method::PUT, path: "/internal/pipelines/{name}", roles: &[CallerRole::Operator] },
    Access { method: Method::DELETE, path: "/internal/pipelines/{name}", roles: &[CallerRole::Operator] },
    Access { method: Method::GET, path: "/internal/queues", roles: &[CallerRole::Operator] },
    Access { method: Method::GET, path: crate::request_id::ROUTINE, roles: &CallerRole::ALL },
];

/// Lets a request pass whose token is genuine and whose role is in the endpoint's row. It stands before every
/// endpoint and before the answer to unknown paths.
pub(super) async fn check(
    State(tokens): State<Arc<ServiceTokenVerifier>>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let token = bearer(request.headers()).ok_or_else(Problem::unauthorized)?;
    let role = tokens.verify(token).map_err(|refused| {
        tracing::info!(error = %refused, "a caller without a valid service token was refused");
        Problem::unauthorized()
    })?;
    let row = path.and_then(|path| {
        TABLE.iter().find(|access| access.path == path.as_str() && access.method == *request.method())
    });
    match row {
        Some(access) if access.roles.contains(&role) => Ok(next.run(request).await),
        Some(_) | None => {
            tracing::warn!(?role, method = %request.method(), "a role called an endpoint that is not its own");
            Err(Problem::forbidden())
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
