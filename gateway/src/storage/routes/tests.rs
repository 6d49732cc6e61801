use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode},
    response::Response,
};
use photo_adapters::{
    service_token::{CallerRole, ServiceTokenSigner, ServiceTokenVerifier},
    sqlite::{SqliteConfig, SqliteMetadata},
};
use photo_core::{
    clock::Clock,
    memory::{MemoryQueue, MemoryQueueSettings},
};
use photo_runtime::secret::Secret;
use secrecy::ExposeSecret;
use tower::ServiceExt;

use super::{Queues, access::TABLE, routes};

struct Storage {
    router: Router,
    _folder: tempfile::TempDir,
}

fn storage() -> Storage {
    let folder = tempfile::tempdir().unwrap();
    let config = SqliteConfig { path: folder.path().join("photos.db"), readers: 1.try_into().unwrap() };
    let store = SqliteMetadata::open(&config, Clock::System).unwrap();
    let queue = Arc::new(MemoryQueue::new(MemoryQueueSettings::default()));
    let queues = Queues { store: store.clone(), queue };
    let router = routes(Arc::new(store), queues, ServiceTokenVerifier::new(key()));
    Storage { router, _folder: folder }
}

fn key() -> Secret {
    Secret::from_value("SERVICE_TOKEN_KEY", "k".repeat(32))
}

fn token(role: CallerRole) -> String {
    ServiceTokenSigner::new(role, key(), Clock::System).token().unwrap().expose_secret().to_owned()
}

async fn call(storage: &Storage, method: &Method, path: &str, token: Option<&str>, body: Body) -> Response {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    storage.router.clone().oneshot(request.body(body).unwrap()).await.unwrap()
}

/// A path that the router matches to `path`.
fn example(path: &str) -> String {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    path.replace("{owner}", "alice").replace("{name}", "quick").replace("{id}", id).replace("{run}", id)
}

#[tokio::test]
async fn each_endpoint_lets_the_roles_of_its_row_in_and_nobody_else() {
    let storage = storage();
    for row in TABLE {
        let path = example(row.path);
        for role in CallerRole::ALL {
            let status = call(&storage, &row.method, &path, Some(&token(role)), Body::empty()).await.status();
            let refused = status == StatusCode::FORBIDDEN;
            assert_eq!(!refused, row.roles.contains(&role), "{} {path} as {role:?}: {status}", row.method);
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{} {path} is not an endpoint", row.method);
        }
        for bad in [None, Some(""), Some("e30.e30.e30")] {
            let status = call(&storage, &row.method, &path, bad, Body::empty()).await.status();
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{} {path} with {bad:?}", row.method);
        }
    }
}

#[tokio::test]
async fn what_is_not_in_the_table_is_refused() {
    let storage = storage();
    let unknown = [(Method::GET, "/"), (Method::GET, "/internal/secrets"), (Method::DELETE, "/internal/photos")];
    for (method, path) in unknown {
        assert_eq!(
            call(&storage, &method, path, None, Body::empty()).await.status(),
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
        for role in CallerRole::ALL {
            let status = call(&storage, &method, path, Some(&token(role)), Body::empty()).await.status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} as {role:?}");
        }
    }
}

#[tokio::test]
async fn refusals_are_problem_documents_with_the_kind_of_the_error() {
    let storage = storage();
    let api = token(CallerRole::Api);
    let photo = example("/internal/users/{owner}/photos/{id}");
    let long = Body::from(vec![b' '; super::BODY_BYTES_MAX + 1]);
    let cases = [
        (Method::GET, photo.as_str(), Some(&api), Body::empty(), 404, "not_found"),
        (Method::GET, "/internal/users/alice/photos/7", Some(&api), Body::empty(), 422, "invalid"),
        (Method::GET, "/internal/users/alice/photos?limit=0", Some(&api), Body::empty(), 422, "invalid"),
        (Method::GET, "/internal/users/alice/photos?limit=x", Some(&api), Body::empty(), 422, "invalid"),
        (Method::POST, "/internal/photos", Some(&api), Body::from("{}"), 422, "invalid"),
        (Method::POST, "/internal/photos", Some(&api), long, 413, "invalid"),
        (Method::POST, "/internal/runs/begin", Some(&api), Body::empty(), 403, "denied"),
        (Method::GET, "/internal/pipelines", None, Body::empty(), 401, "denied"),
    ];
    for (method, path, token, body, status, code) in cases {
        let response = call(&storage, &method, path, token.map(String::as_str), body).await;
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{method} {path}");
        let bytes = to_bytes(response.into_body(), 10_000).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((&problem["code"], &problem["status"]), (&code.into(), &status.into()), "{method} {path}");
    }
}
