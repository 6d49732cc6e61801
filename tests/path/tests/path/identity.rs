//! Who may see and do what.

use std::{process::Stdio, time::Duration};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use photo_core::clock::Clock;
use photo_stack::{Stack, stack::bin_folder};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::scene::{Caller, LIMIT, http, problem, small_jpeg, stack, text};

const MISSING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A token that says what the test wants it to say.
fn token(algorithm: Algorithm, key: &str, claims: &Value) -> String {
    jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

/// Seconds since 1970, an hour from now.
fn in_an_hour() -> i64 {
    Clock::System.now().as_second() + 3600
}

/// Values of the header `Authorization` that prove nothing, each with what is wrong with it.
fn worthless(stack: &Stack) -> Vec<(&'static str, Option<String>)> {
    let exp = in_an_hour();
    let whole = json!({ "sub": "alice", "aud": "photo-platform", "exp": exp });
    let (key, strange_key) = (stack.keys.user.as_str(), "another-key-of-the-same-length-0123456789");
    let good = token(Algorithm::HS256, key, &whole);
    let parts: Vec<&str> = good.split('.').collect();
    // {"alg":"none"} in base64.
    let none = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let changed = format!("{}.{}.{}", parts[0], parts[1], parts[2].chars().rev().collect::<String>());
    let expired = json!({ "sub": "alice", "aud": "photo-platform", "exp": exp - 7200 });
    let other_audience = json!({ "sub": "alice", "aud": "storage", "exp": exp });
    let nobody = json!({ "sub": "", "aud": "photo-platform", "exp": exp });
    let endless = json!({ "sub": "alice", "aud": "photo-platform" });
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    vec![
        ("no token", None),
        ("an empty token", bearer("")),
        ("garbage", bearer("garbage")),
        ("garbage of three parts", bearer("a.b.c")),
        ("expired", bearer(&token(Algorithm::HS256, key, &expired))),
        ("another audience", bearer(&token(Algorithm::HS256, key, &other_audience))),
        ("nobody's", bearer(&token(Algorithm::HS256, key, &nobody))),
        ("without an end", bearer(&token(Algorithm::HS256, key, &endless))),
        ("another key", bearer(&token(Algorithm::HS256, strange_key, &whole))),
        ("HS512", bearer(&token(Algorithm::HS512, key, &whole))),
        ("no algorithm", bearer(&none)),
        ("a changed signature", bearer(&changed)),
        ("a role's", bearer(&stack.keys.role_token("api", Duration::from_mins(5)).unwrap())),
        ("a role's, signed with the users' key", bearer(&token(Algorithm::HS256, key, &other_audience))),
        ("another scheme", Some(format!("Basic {good}"))),
        ("no scheme", Some(good)),
    ]
}

#[tokio::test]
async fn every_public_endpoint_refuses_who_brings_no_good_token() {
    let stack = stack().await;
    let http = http();
    let endpoints = [
        (Method::GET, "/photos".to_owned()),
        (Method::POST, "/photos/upload".to_owned()),
        (Method::GET, format!("/photos/{MISSING}")),
        (Method::GET, format!("/photos/{MISSING}/original")),
        (Method::GET, format!("/photos/{MISSING}/variants/150")),
        (Method::GET, format!("/photos/{MISSING}/log")),
        (Method::POST, format!("/photos/{MISSING}/reprocess")),
        (Method::POST, format!("/photos/{MISSING}/cancel")),
        (Method::DELETE, format!("/photos/{MISSING}")),
        (Method::GET, "/pipelines".to_owned()),
        (Method::GET, "/admin/consistency".to_owned()),
        (Method::GET, "/admin/dead-letters".to_owned()),
        (Method::POST, "/admin/dead-letters/retry".to_owned()),
        (Method::GET, format!("/admin/dead-letters/{MISSING}")),
        (Method::DELETE, format!("/admin/dead-letters/{MISSING}")),
        (Method::POST, format!("/admin/dead-letters/{MISSING}/retry")),
    ];
    let paths =
        endpoints.iter().flat_map(|(method, path)| ["", "/api"].map(|prefix| (method, format!("{prefix}{path}"))));
    let paths: Vec<_> = paths.collect();
    for (what, header) in worthless(&stack) {
        for (method, path) in &paths {
            let request = http.request((*method).clone(), format!("{}{path}", stack.api.url()));
            let request = match &header {
                Some(header) => request.header("authorization", header),
                None => request,
            };
            let reply = request.send().await.unwrap();
            assert_eq!(reply.status(), 401, "{what} on {method} {path}");
            assert_eq!(reply.headers()["www-authenticate"], "Bearer");
            let told = problem(reply, 401, "unauthorized").await.to_string();
            let sent = header.as_deref().and_then(|header| header.split(' ').next_back()).unwrap_or_default();
            assert!(sent.len() < 9 || !told.contains(sent), "the token is not repeated: {told}");
        }
    }
    assert_eq!(Caller::new(&stack, "alice").get("/photos").await.status(), 200, "a good one is let in");
}

/// The status and the body of a refusal, its request id apart.
async fn refusal(reply: Response) -> (u16, Value) {
    let status = reply.status().as_u16();
    let mut body: Value = reply.json().await.unwrap();
    body.as_object_mut().unwrap().remove("requestId").expect("every problem has one");
    (status, body)
}

#[tokio::test]
async fn another_user_s_photo_is_answered_like_a_missing_one() {
    let stack = stack().await;
    let (alice, bob) = (Caller::new(&stack, "alice"), Caller::new(&stack, "bob"));
    let photo = alice.accepted("mine.jpg", &small_jpeg(1)).await;
    alice.ended(&photo["id"]).await;
    let id = text(&photo["id"]);
    for (method, path) in [
        (Method::GET, "/photos/{id}"),
        (Method::GET, "/photos/{id}/original"),
        (Method::GET, "/photos/{id}/variants/150"),
        (Method::GET, "/photos/{id}/variants/none"),
        (Method::GET, "/photos/{id}/log"),
        (Method::POST, "/photos/{id}/reprocess"),
        (Method::POST, "/photos/{id}/cancel"),
        (Method::DELETE, "/photos/{id}"),
    ] {
        if method == Method::GET && !path.ends_with("none") {
            assert_eq!(alice.get(&path.replace("{id}", id)).await.status(), 200, "{path}");
        }
        let ask = async |id| bob.request(method.clone(), &path.replace("{id}", id)).send().await.unwrap();
        let others = refusal(ask(id).await).await;
        let missing = refusal(ask(MISSING).await).await;
        assert_eq!(others.0, 404, "{path}");
        assert_eq!(others, missing, "{path}");
    }
    assert_eq!(bob.json("/photos").await["photos"], json!([]));
    assert_eq!(bob.json(&format!("/photos?after={id}")).await["photos"], json!([]));
    assert_eq!(bob.json("/photos?status=completed").await["photos"], json!([]));
    let mine = alice.json("/photos").await;
    assert_eq!(mine["photos"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn strange_subjects_own_their_photos_like_everybody() {
    let stack = stack().await;
    let subjects =
        ["auth0|12345", "Ünicode Nutzerin", "a/b", "../x", "%2e%2e", "'; DROP TABLE photos; --", "alice", "ALICE"];
    for subject in subjects {
        let caller = Caller::new(&stack, subject);
        let photo = caller.accepted("mine.jpg", &small_jpeg(1)).await;
        let listed = caller.json("/photos").await;
        let ids: Vec<&Value> = listed["photos"].as_array().unwrap().iter().map(|photo| &photo["id"]).collect();
        assert_eq!(ids, [&photo["id"]], "{subject}");
        assert_eq!(caller.ended(&photo["id"]).await["status"], "completed", "{subject}");
    }
    for nobody in [".", "..", "a\nb"] {
        let reply = Caller::new(&stack, nobody).get("/photos").await;
        problem(reply, 401, "unauthorized").await;
    }
}

/// Who may call what, as the protocol has it.
fn internal_endpoints() -> Vec<(Method, String, &'static [&'static str])> {
    let photo = format!("/internal/users/alice/photos/{MISSING}");
    vec![
        (Method::POST, "/internal/photos".to_owned(), &["api"]),
        (Method::GET, "/internal/users/alice/photos".to_owned(), &["api"]),
        (Method::POST, format!("{photo}/cancel"), &["api"]),
        (Method::GET, format!("{photo}/log"), &["api"]),
        (Method::DELETE, photo.clone(), &["api"]),
        (Method::GET, photo, &["api", "events"]),
        (Method::POST, "/internal/photos/reprocess".to_owned(), &["api"]),
        (Method::GET, format!("/internal/photos/{MISSING}/runs/{MISSING}/live"), &["worker"]),
        (Method::POST, "/internal/runs/begin".to_owned(), &["worker"]),
        (Method::POST, "/internal/runs/finish".to_owned(), &["worker"]),
        (Method::POST, "/internal/runs/fail".to_owned(), &["worker"]),
        (Method::GET, "/internal/pipelines".to_owned(), &["api", "operator"]),
        (Method::PUT, "/internal/pipelines/another".to_owned(), &["operator"]),
        (Method::DELETE, "/internal/pipelines/another".to_owned(), &["operator"]),
        (Method::GET, "/internal/ready".to_owned(), &["api", "worker", "events", "operator"]),
        (Method::GET, "/internal/unheard-of".to_owned(), &[]),
        (Method::DELETE, "/internal/photos".to_owned(), &[]),
    ]
}

#[tokio::test]
async fn internal_endpoints_let_their_own_roles_in_and_nobody_else() {
    let stack = stack().await;
    let http = http();
    let minutes = Duration::from_mins(5);
    let ask = async |method: &Method, path: &str, token: Option<String>| {
        let mut request = http.request(method.clone(), format!("{}{path}", stack.storage.url()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap().status().as_u16()
    };
    let foreign = json!({ "sub": "api", "aud": "photo-platform", "exp": in_an_hour() });
    let expired = json!({ "sub": "api", "aud": "storage", "exp": in_an_hour() - 7200 });
    let strangers = [
        None,
        Some("garbage".to_owned()),
        Some(stack.keys.user_token("api", minutes).unwrap()),
        Some(stack.keys.role_token("alice", minutes).unwrap()),
        Some(token(Algorithm::HS256, &stack.keys.role, &foreign)),
        Some(token(Algorithm::HS256, &stack.keys.role, &expired)),
    ];
    for (method, path, roles) in internal_endpoints() {
        for stranger in &strangers {
            assert_eq!(ask(&method, &path, stranger.clone()).await, 401, "{method} {path} with {stranger:?}");
        }
        for role in ["api", "worker", "events", "operator"] {
            let status = ask(&method, &path, Some(stack.keys.role_token(role, minutes).unwrap())).await;
            let refused = status == 401 || status == 403;
            assert_eq!(refused, !roles.contains(&role), "{method} {path} as {role}: {status}");
        }
    }
}

/// `photo-gateway token` with this key in its environment: whether it succeeded, and what it printed.
async fn mint(key: Option<&str>, sub: &str) -> (bool, String, String) {
    let mut command = Command::new(bin_folder().unwrap().join("photo-gateway"));
    command.args(["token", "--sub", sub]).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    if let Some(key) = key {
        command.env("JWT_SECRET", key);
    }
    let output = tokio::time::timeout(LIMIT, command.output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn the_token_command_mints_tokens_that_work() {
    let stack = stack().await;
    let (minted, token, _) = mint(Some(&stack.keys.user), "carol").await;
    assert!(minted);
    let (caller, http) = (Caller::new(&stack, "carol"), http());
    let photo = caller.accepted("mine.jpg", &small_jpeg(1)).await;
    let url = format!("{}/photos/{}", stack.api.url(), text(&photo["id"]));
    let reply = http.get(url).bearer_auth(token.trim_end()).send().await.unwrap();
    assert_eq!(reply.status(), 200, "it is carol's");
}

#[tokio::test]
async fn the_token_command_refuses_weak_keys_and_says_why() {
    for (key, reason) in [
        (None, "JWT_SECRET is missing"),
        (Some("short"), "a key needs at least 32"),
        (Some("dev-secret-key-change-in-production-please"), "a default that is printed in documentation"),
        (Some("changeme"), "a default that is printed in documentation"),
    ] {
        let (minted, out, error) = mint(key, "alice").await;
        assert!(!minted && out.is_empty(), "{key:?}");
        assert!(error.contains(reason), "{key:?}: {error}");
        assert!(key.is_none_or(|key| !error.contains(key)), "the key is not shown: {error}");
    }
    let (minted, _, error) = mint(Some(&"k".repeat(40)), "").await;
    assert!(!minted && error.contains("--sub"), "{error}");
}
