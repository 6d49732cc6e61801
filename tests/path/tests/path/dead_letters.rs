//! Photos that were given up, in the hands of those who run the platform.

use photo_adapters::{
    http::HttpMetadata,
    service_token::{CallerRole, ServiceTokenSigner},
};
use photo_core::{
    clock::Clock,
    error_class::ErrorClass,
    failure::{Failure, FailureCode},
    id::PhotoId,
    port::MetadataStore,
    run::{BeginRun, Begun, FailRun},
};
use photo_runtime::secret::Secret;
use photo_stack::{Stack, StackOptions, stack::bin_folder};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::scene::{Caller, LIMIT, problem, small_jpeg, text, until};

const PIPELINE: &str = "full-processing";

/// A platform whose photos get one attempt, and whose worker does not run.
async fn stack_without_worker() -> Stack {
    let mut options = StackOptions::default();
    options.pipelines[0].spec.queue.job_options.attempts = 1;
    let stack = Stack::start(&options).await.unwrap();
    stack.workers[0].kill();
    stack
}

/// A new photo that is given up, because the one who tried it had no luck.
async fn dead(stack: &Stack, caller: &Caller, seed: u8) -> String {
    let photo = caller.accepted("photo.jpg", &small_jpeg(seed)).await;
    let photo_id: PhotoId = text(&photo["id"]).parse().unwrap();
    let key = Secret::from_value("SERVICE_TOKEN_KEY", stack.keys.role.clone());
    let signer = ServiceTokenSigner::new(CallerRole::Worker, key, Clock::System);
    let storage = HttpMetadata::new(stack.storage.url().parse().unwrap(), signer).unwrap();
    let pipeline = PIPELINE.parse().unwrap();
    let begin = BeginRun { photo_id, pipeline, generation: 1, worker: "unlucky".to_owned() };
    let Begun::Run(run) = storage.begin(&begin).await.unwrap() else { panic!("it can be tried") };
    let failure = Failure::new(FailureCode::ProcessingFailed, "no luck");
    let failed = FailRun { photo_id, run_id: run.id, class: ErrorClass::Logic, failure, stage_log: Vec::new() };
    storage.fail(&failed).await.unwrap();
    photo_id.to_string()
}

/// One of those who run the platform, with a token of the program.
pub(crate) async fn admin(stack: &Stack) -> Caller {
    let mut command = Command::new(bin_folder().unwrap().join("photo-gateway"));
    command.args(["token", "--sub", "root", "--admin"]).env_clear().env("JWT_SECRET", &stack.keys.user);
    let printed = command.output().await.unwrap();
    assert!(printed.status.success(), "{printed:?}");
    Caller::with_token(stack, String::from_utf8(printed.stdout).unwrap().trim())
}

async fn status(caller: &Caller, method: Method, path: &str) -> u16 {
    caller.request(method, path).send().await.unwrap().status().as_u16()
}

fn ids(page: &Value) -> Vec<&str> {
    page["deadLetters"].as_array().unwrap().iter().map(|letter| text(&letter["photoId"])).collect()
}

#[tokio::test]
async fn dead_letters_of_all_owners_are_listed_retried_and_discarded_by_admins() {
    let stack = stack_without_worker().await;
    let (alice, bob, admin) = (Caller::new(&stack, "alice"), Caller::new(&stack, "bob"), admin(&stack).await);
    let mut letters = Vec::new();
    for (caller, seed) in [(&alice, 1), (&bob, 2), (&alice, 3), (&bob, 4)] {
        letters.insert(0, dead(&stack, caller, seed).await);
    }
    let [last, third, second, first] = &letters[..] else { panic!("four") };
    let page = admin.json("/admin/dead-letters?limit=3").await;
    assert_eq!((ids(&page), &page["hasMore"]), (vec![&last[..], third, second], &json!(true)));
    let letter = admin.json(&format!("/api/admin/dead-letters/{first}")).await;
    assert_eq!((&letter["owner"], &letter["attempts"], &letter["generation"]), (&json!("alice"), &json!(1), &json!(1)));
    assert_eq!(letter["failure"]["code"], "attempts_exhausted");
    let rest = admin.json(&format!("/admin/dead-letters?pipeline={PIPELINE}&after={second}")).await;
    assert_eq!(ids(&rest), [first]);
    until_counted(&stack, 4).await;

    let kept = format!("/admin/dead-letters/{third}?generation=1");
    assert_eq!(status(&admin, Method::DELETE, &kept).await, 204);
    assert_eq!(status(&admin, Method::DELETE, &kept).await, 204, "a repeat of the same");
    assert_eq!(alice.json(&format!("/photos/{third}")).await["status"], "failed");
    assert_eq!(status(&alice, Method::GET, &format!("/photos/{third}/original")).await, 200);
    assert_eq!(status(&admin, Method::DELETE, &format!("/admin/dead-letters/{second}?delete=true")).await, 204);
    assert_eq!(status(&bob, Method::GET, &format!("/photos/{second}")).await, 404);
    let again = admin.request(Method::DELETE, &format!("/admin/dead-letters/{second}")).send().await.unwrap();
    problem(again, 404, "not_found").await;

    stack.workers[0].start().await.unwrap();
    let retry = format!("/admin/dead-letters/{last}/retry?generation=1");
    assert_eq!(status(&admin, Method::POST, &retry).await, 202);
    assert_eq!(status(&admin, Method::POST, &retry).await, 202, "a repeat of the same");
    assert_eq!(bob.ended(&json!(last)).await["status"], "completed");
    let late = format!("/admin/dead-letters/{last}?generation=2");
    problem(admin.request(Method::DELETE, &late).send().await.unwrap(), 409, "conflict").await;
    let all = admin.request(Method::POST, "/admin/dead-letters/retry?limit=200").send().await.unwrap();
    assert_eq!(all.status(), 202);
    let retried: Value = all.json().await.unwrap();
    assert_eq!(retried, json!({ "retried": [first], "skipped": [], "next": null }));
    let photo = alice.ended(&json!(first)).await;
    assert_eq!((&photo["status"], &photo["generation"]), (&json!("completed"), &json!(2)));
    assert_eq!(ids(&admin.json("/admin/dead-letters").await), [""; 0]);
    until_counted(&stack, 0).await;
}

async fn until_counted(stack: &Stack, count: u64) {
    let series = format!("photo_dead_letters{{pipeline=\"{PIPELINE}\"}}");
    let ask = async || (stack.storage.metric(&series).await.ok()? == count).then_some(());
    until(&format!("{count} dead letters are counted"), LIMIT, ask).await;
}

#[tokio::test]
async fn who_is_no_admin_sees_and_changes_no_dead_letter() {
    let stack = stack_without_worker().await;
    let alice = Caller::new(&stack, "alice");
    let id = dead(&stack, &alice, 1).await;
    for prefix in ["", "/api"] {
        for (method, path) in [
            (Method::GET, "/admin/dead-letters".to_owned()),
            (Method::GET, format!("/admin/dead-letters/{id}")),
            (Method::POST, "/admin/dead-letters/retry".to_owned()),
            (Method::POST, format!("/admin/dead-letters/{id}/retry?generation=1")),
            (Method::DELETE, format!("/admin/dead-letters/{id}?generation=1&delete=true")),
        ] {
            let reply = alice.request(method, &format!("{prefix}{path}")).send().await.unwrap();
            problem(reply, 403, "forbidden").await;
        }
    }
    assert_eq!(alice.json(&format!("/photos/{id}")).await["status"], "dead", "not even of her own");
    let admin = admin(&stack).await;
    for query in ["limit=0", "limit=201", "limit=x", "after=7", "pipeline=No%20name", "status=dead"] {
        problem(admin.get(&format!("/admin/dead-letters?{query}")).await, 400, "invalid").await;
    }
    for path in [format!("/admin/dead-letters/{id}?delete=perhaps"), format!("/admin/dead-letters/{id}?generation=-1")]
    {
        problem(admin.request(Method::DELETE, &path).send().await.unwrap(), 400, "invalid").await;
    }
    problem(admin.get("/admin/dead-letters/7").await, 404, "not_found").await;
}
