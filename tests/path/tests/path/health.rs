//! What probes and metrics tell.

use photo_adapters::http::{HealthReportError, HealthReports};
use photo_core::port::Reason;
use photo_runtime::health::HealthStatus;
use photo_stack::{Stack, role::Role};
use reqwest::Method;
use serde_json::Value;

use crate::scene::{Caller, LIMIT, file_part, http, own_stack, problem, small_jpeg, stack, text, until};

/// Every role with its name in `/health`.
fn roles(stack: &Stack) -> [(&'static str, &Role); 4] {
    [("api", &stack.api), ("storage", &stack.storage), ("events", &stack.events), ("worker", &stack.workers[0])]
}

async fn metrics(role: &Role) -> String {
    let reply = http().get(format!("{}/metrics", role.probe_url())).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    assert!(reply.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    reply.text().await.unwrap()
}

#[tokio::test]
async fn each_role_answers_its_probes_and_keeps_its_metrics_to_the_probe_port() {
    let stack = stack().await;
    let http = http();
    for (name, role) in roles(&stack) {
        let own = (name != "worker").then(|| role.url());
        for base in own.iter().chain([&role.probe_url()]) {
            for path in ["/livez", "/readyz"] {
                let reply = http.get(format!("{base}{path}")).send().await.unwrap();
                assert_eq!((reply.status().as_u16(), reply.text().await.unwrap().as_str()), (200, "ok\n"), "{name}");
            }
            // What a role can wait for may come a moment after it is ready.
            let health = format!("{base}/health");
            let report = until(&format!("{name} is healthy"), LIMIT, async || {
                let report: Value = http.get(&health).send().await.ok()?.json().await.ok()?;
                (report["status"] == "healthy").then_some(report)
            })
            .await;
            assert_eq!(report["role"], name);
            assert!(report["dependencies"].as_object().unwrap().values().all(|it| it["healthy"] == true));
        }
        assert!(metrics(role).await.ends_with("# EOF\n"), "{name}");
        if let Some(own) = own {
            let reply = http.get(format!("{own}/metrics")).send().await.unwrap();
            assert!(reply.status().is_client_error(), "{name}: {}", reply.status());
            assert!(!reply.text().await.unwrap().contains("# TYPE"), "{name}");
        }
    }
}

/// Waits until `/readyz` of a role says `expected`, and compares what `/health` tells.
async fn readiness_is(role: &Role, missing: Option<&str>) {
    let http = http();
    let (ready, health) = (format!("{}/readyz", role.probe_url()), format!("{}/health", role.probe_url()));
    let expected = missing.map_or_else(|| "ok\n".to_owned(), |name| format!("not ready: {name}\n"));
    let what = format!("{} says `{}`", role.name(), expected.trim_end());
    until(&what, LIMIT, async || {
        let reply = http.get(&ready).send().await.ok()?;
        let status = reply.status().as_u16();
        let said = reply.text().await.ok()? == expected;
        (said && status == if missing.is_some() { 503 } else { 200 }).then_some(())
    })
    .await;
    let reply = http.get(&health).send().await.unwrap();
    assert_eq!(reply.status().is_success(), missing.is_none(), "{}", role.name());
    let report: Value = reply.json().await.unwrap();
    let base = role.probe_url().parse().unwrap();
    if let Some(name) = missing {
        let dependency = &report["dependencies"][name];
        assert_eq!((&dependency["healthy"], text(&dependency["need"])), (&Value::Bool(false), "required"), "{report}");
        assert!(!text(&dependency["error"]).is_empty(), "{report}");
        until(&format!("{what}, because it can't be reached"), LIMIT, async || {
            let report = HealthReports::new().unwrap().of(&base).await.unwrap();
            (report.dependencies[name].reason == Some(Reason::Unreachable)).then_some(())
        })
        .await;
    } else {
        let report = HealthReports::new().unwrap().of(&base).await.unwrap();
        assert!(matches!(report.status, HealthStatus::Healthy | HealthStatus::Degraded), "{report:?}");
    }
}

#[tokio::test]
async fn readiness_follows_the_dependency_that_is_away() {
    let stack = own_stack().await;
    let caller = Caller::new(&stack, "alice");
    let (api, events, worker) = (&stack.api, &stack.events, &stack.workers[0]);

    stack.storage.kill();
    for role in [api, events, worker] {
        readiness_is(role, Some("storage")).await;
    }
    let reply = caller.upload("/photos/upload", &[file_part("a.jpg", &small_jpeg(1))]).await;
    assert!(reply.headers().contains_key("retry-after"));
    problem(reply, 503, "unavailable").await;
    stack.storage.start().await.unwrap();

    let redis = stack.backing.redis.as_ref().unwrap();
    redis.kill();
    readiness_is(events, Some("log")).await;
    readiness_is(worker, Some("queue")).await;
    readiness_is(api, None).await;
    redis.start_again().await.unwrap();

    let minio = stack.backing.minio.as_ref().unwrap();
    minio.kill();
    for role in [api, worker] {
        readiness_is(role, Some("store")).await;
    }
    readiness_is(&stack.storage, None).await;
    minio.start_again().await.unwrap();

    for (_, role) in roles(&stack) {
        readiness_is(role, None).await;
    }
    let photo = caller.accepted("after.jpg", &small_jpeg(2)).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
}

#[tokio::test]
async fn what_is_no_role_has_no_report() {
    let stack = stack().await;
    let reports = HealthReports::new().unwrap();
    let of = async |url: &str| reports.of(&url.parse().unwrap()).await.unwrap_err();
    assert!(matches!(of("http://127.0.0.1:1").await, HealthReportError::Unreachable { .. }));
    let elsewhere = format!("{}/photos", stack.api.url());
    assert!(matches!(of(&elsewhere).await, HealthReportError::NotAReport { .. }));
    assert!(matches!(of("mailto:ann@example.org").await, HealthReportError::NotAServer(_)));
}

#[tokio::test]
async fn what_storage_can_wait_for_does_not_make_it_unready() {
    let stack = own_stack().await;
    let http = http();
    stack.backing.redis.as_ref().unwrap().kill();
    let health = format!("{}/health", stack.storage.probe_url());
    until("storage says that it is degraded", LIMIT, async || {
        let report: Value = http.get(&health).send().await.ok()?.json().await.ok()?;
        (report["status"] == "degraded" && report["dependencies"]["queue"]["healthy"] == false).then_some(())
    })
    .await;
    readiness_is(&stack.storage, None).await;
}

#[tokio::test]
async fn an_upload_shows_in_the_metrics_of_every_role() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let original = small_jpeg(1);
    let photo = caller.accepted("a.jpg", &original).await;
    caller.ended(&photo["id"]).await;
    let reply = caller.upload("/photos/upload", &[file_part("a.txt", b"no photo at all")]).await;
    problem(reply, 415, "unsupported_media_type").await;
    let bytes = format!("photo_uploads_accepted_bytes_total {}", original.len());
    let expected: [(&Role, &[&str]); 4] = [
        (
            &stack.api,
            &[
                "photo_uploads_accepted_total 1",
                &bytes,
                "photo_uploads_refused_total{code=\"unsupported_media_type\"} 1",
                "photo_http_requests_total{method=\"POST\",route=\"/photos/upload\",status=\"201\"} 1",
                "photo_http_request_duration_seconds_count ",
            ],
        ),
        (
            &stack.storage,
            &[
                "photo_http_requests_total{method=\"POST\",route=\"/internal/photos\",status=\"200\"} 1",
                "photo_outbox_relayed_total ",
                "photo_outbox_failures_total 0",
                "photo_outbox_oldest_age_seconds ",
            ],
        ),
        (
            &stack.events,
            &["photo_eventbus_connections 0", "photo_eventbus_events_total ", "photo_eventbus_log_gaps_total 0"],
        ),
        (
            &stack.workers[0],
            &[
                "photo_worker_jobs_total{outcome=\"completed\"} 1",
                "photo_worker_job_duration_seconds_count 1",
                "photo_worker_active_jobs 0",
            ],
        ),
    ];
    for (role, lines) in expected {
        // The worker counts a job a moment after its photo is completed.
        for line in lines {
            until(&format!("{} has {line}", role.name()), LIMIT, async || {
                metrics(role).await.contains(line).then_some(())
            })
            .await;
        }
    }
}

/// The names and labels of the series of a role.
async fn series(role: &Role) -> Vec<String> {
    let lines = metrics(role).await;
    lines
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned()))
        .collect()
}

#[tokio::test]
async fn strange_paths_and_methods_make_no_series() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let strange = async |seed: &str| {
        let method = Method::from_bytes(format!("M{}", seed.replace('-', "")).to_uppercase().as_bytes()).unwrap();
        for path in [format!("/{seed}"), format!("/photos/{seed}"), format!("/photos/{seed}/variants/{seed}")] {
            caller.get(&path).await;
            caller.get(&format!("/api{path}?{seed}={seed}")).await;
            caller.request(method.clone(), &path).send().await.unwrap();
        }
        let internal = format!("{}/internal/users/{seed}/photos", stack.storage.url());
        http().get(internal).send().await.unwrap();
    };
    strange(&uuid::Uuid::new_v4().to_string()).await;
    let before = [series(&stack.api).await, series(&stack.storage).await].concat();
    for _ in 0..50 {
        strange(&uuid::Uuid::new_v4().to_string()).await;
    }
    let after = [series(&stack.api).await, series(&stack.storage).await].concat();
    let new: Vec<_> = after.iter().filter(|series| !before.contains(series)).collect();
    assert!(new.is_empty(), "{new:#?}");
}
