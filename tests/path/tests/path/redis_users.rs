//! A Redis in which each role has its own user, with the rights that the platform says it needs, and nobody else has any.

use photo_adapters::redis::RedisRole;
use photo_core::pipeline::{CatalogueEntry, PipelineState};
use photo_stack::{
    Stack, StackOptions,
    redis_server::ask_as,
    role::Role,
    stack::{RedisUsers, password_file},
};

use crate::{
    once::redis,
    scene::{Caller, LIMIT, http, small_jpeg, text, until},
    told::Told,
};

async fn users_stack() -> Stack {
    let options = StackOptions { own_servers: true, redis_users: RedisUsers::PerRole, ..StackOptions::default() };
    Stack::start(&options).await.unwrap()
}

fn password(stack: &Stack, role: RedisRole) -> String {
    std::fs::read_to_string(password_file(stack.folder(), role)).unwrap()
}

/// How many commands were refused since Redis started.
async fn refusals(stack: &Stack) -> String {
    redis(stack).ask("ACL LOG").await.unwrap()
}

#[tokio::test]
async fn each_role_works_with_its_own_rights_and_has_no_others() {
    let stack = users_stack().await;
    let caller = Caller::new(&stack, "alice");
    let mut told = Told::of(&stack, "alice").await;
    for seed in 1..4 {
        let photo = caller.accepted("a.jpg", &small_jpeg(seed)).await;
        assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
        told.until_ended(text(&photo["id"])).await;
    }
    let name = "full-processing".parse().unwrap();
    for state in [PipelineState::Paused, PipelineState::Running] {
        stack.register(&name, &CatalogueEntry { state, ..CatalogueEntry::default() }).await.unwrap();
    }
    let broken = caller.accepted("b.jpg", &[&small_jpeg(9)[..], b"tail"].concat()).await;
    caller.ended(&broken["id"]).await;
    // A worker that dies with a job makes the sweep give it back.
    let photo = caller.accepted("c.jpg", &small_jpeg(5)).await;
    stack.workers[0].kill();
    stack.workers[0].start().await.unwrap();
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
    redis(&stack).flushall().await.unwrap();
    let photo = caller.accepted("d.jpg", &small_jpeg(6)).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
    assert_eq!(refusals(&stack).await, "*0", "nothing that a role does is refused");

    let port = redis(&stack).port();
    for role in RedisRole::ALL {
        let password = password(&stack, role);
        for command in ["FLUSHALL", "FLUSHDB", "CONFIG GET maxmemory", "KEYS *", "ACL LIST", "GET other", "DEL eb:log"]
        {
            let answer = ask_as(port, role.as_str(), &password, command).await.unwrap();
            assert!(answer.starts_with("-NOPERM"), "{role:?}: {command}: {answer}");
        }
    }
    let answer = ask_as(port, "events", &password(&stack, RedisRole::Events), "DEL bull:full-processing:meta").await;
    assert!(answer.unwrap().starts_with("-NOPERM"));
}

/// Gives a role's user another password, and takes the old one away from the connections that it has.
async fn rotate(stack: &Stack, role: RedisRole) {
    let (user, new) = (role.as_str(), uuid::Uuid::new_v4().simple().to_string());
    let told = redis(stack).ask(&format!("ACL SETUSER {user} resetpass >{new}")).await.unwrap();
    assert_eq!(told, "+OK");
    std::fs::write(password_file(stack.folder(), role), new).unwrap();
    let killed = redis(stack).ask(&format!("CLIENT KILL USER {user}")).await.unwrap();
    assert!(killed.starts_with(':') && killed != ":0", "{killed}");
}

async fn until_ready(role: &Role) {
    until(&format!("{} is ready", role.name()), LIMIT, async || {
        let reply = http().get(format!("{}/health", role.probe_url())).send().await.ok()?;
        let report: serde_json::Value = reply.json().await.ok()?;
        (report["status"] == "healthy").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_rotated_password_takes_effect_without_a_restart() {
    let stack = users_stack().await;
    let caller = Caller::new(&stack, "alice");
    let photo = caller.accepted("a.jpg", &small_jpeg(1)).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
    let pids =
        |stack: &Stack| [&stack.storage, &stack.events, &stack.workers[0]].map(|role| role.process().unwrap().pid());
    let before = pids(&stack);
    for role in [RedisRole::Storage, RedisRole::Events, RedisRole::Worker] {
        rotate(&stack, role).await;
    }
    let mut told = Told::of(&stack, "alice").await;
    let photo = caller.accepted("b.jpg", &small_jpeg(2)).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
    told.until_ended(text(&photo["id"])).await;
    for role in [&stack.storage, &stack.events, &stack.workers[0]] {
        until_ready(role).await;
    }
    assert_eq!(pids(&stack), before, "nobody was restarted");
}
